import pytest

from musterd.listing import timestamps

NOW = 1_000_000 * 10**9
FAILED = "failed to parse value as time or duration"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1462060800", 1462060800),
        ("+5", 5),
        ("1.5", 1.5),
        ("2016-05-01", 1462060800),
        ("2016-05-01Z", 1462060800),
        ("2016-05-01+02:00", 1462053600),
        ("2016-05-01T02", 1462068000),
        ("2016-05-01T00:30", 1462062600),
        ("2016-05-01T00:00:01", 1462060801),
        ("2016-05-01T00:00:01.25", 1462060801.25),
        ("2016-05-01T00:00:00Z", 1462060800),
        ("2016-05-01T02:00:00+02:00", 1462060800),
        ("2016-05-01T00:00:00.5Z", 1462060800.5),
        ("10s", 999_990),
        ("1h1m1s", 996_339),
        ("1.5m", 999_910),
        ("-1m", 1_000_060),
        ("+1m", 999_940),
        ("1ns", 999_999),
        ("1us1µs1μs1ms", 999_999),  # the letter mu counts like the micro sign
        (".5h", 998_200),
        (f"0.{'5' * 5000}s", 999_999),
        (f"{'0' * 5000}1s", 999_999),
        (f"1.{'0' * 5000}h", 996_400),
    ],
)
def test_dates_seconds_and_durations_are_timestamps(text: str, seconds: float) -> None:
    assert timestamps.parse(text, NOW) == int(seconds * 4) * 10**9 // 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "failed to parse value as time or duration: value is empty"),
        (
            "bogus",
            'failed to parse value as time or duration: invalid seconds "bogus": invalid syntax',
        ),
        ("1d", 'failed to parse value as time or duration: invalid seconds "1d": invalid syntax'),
        ("h", 'failed to parse value as time or duration: invalid seconds "h": invalid syntax'),
        (".h", 'failed to parse value as time or duration: invalid seconds "": invalid syntax'),
        ("1.", 'failed to parse value as time or duration: invalid nanoseconds "": invalid syntax'),
        (
            "1.x",
            'failed to parse value as time or duration: invalid nanoseconds "x": invalid syntax',
        ),
        ("2016-13-01", 'parsing time "2016-13-01": month out of range'),
        ("2016-00-01", 'parsing time "2016-00-01": month out of range'),
        ("2016-02-30", 'parsing time "2016-02-30": day out of range'),
        ("2016-02-01T24", 'parsing time "2016-02-01T24": hour out of range'),
        ("2016-02-01T23:60", 'parsing time "2016-02-01T23:60": minute out of range'),
        ("2016-02-01T23:00:60", 'parsing time "2016-02-01T23:00:60": second out of range'),
        ("-5", 'parsing time "-5": it is not a date'),
        *(
            (text, f'{FAILED}: invalid seconds "{seconds}": invalid syntax')
            for text, seconds in (
                # Durations of more than 64 bits, which Go does not take.
                ("9" * 5000 + "h", "9" * 5000 + "h"),
                ("9223372037s", "9223372037s"),
                ("9223372036854775808ns", "9223372036854775808ns"),
                ("9999999h", "9999999h"),
                ("9" * 5000, "9" * 5000),
                ("9" * 5000 + ".5s", "9" * 5000),
            )
        ),
        ("2016-02", 'parsing time "2016-02": it is not a date'),
    ],
)
def test_other_timestamps_are_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(timestamps.InvalidTimestampError) as refused:
        timestamps.parse(text, NOW)
    assert str(refused.value) == reason
