from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musterd.images import dates
from musterd.images.image import NEVER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1960-01-01T00:00:00Z", -315619200),
        ("2100-01-01T00:00:00Z", 4102444800),
        ("2016-11-01T02:00:00+02:00", 1477958400),
        ("2016-10-31T20:30:00-03:30", 1477958400),
        ("2016-02-01T10:00:00.5Z", 1454320800),
        ("2016-02-01T10:00:00.999999999Z", 1454320800),
        (f"2016-02-01T10:00:00.{'9' * 107}Z", 1454320800),
        ("1969-12-31T23:59:59.5Z", -1),
        ("0001-01-01T00:00:00Z", NEVER),
        ("0001-01-01T00:00:00+01:00", NEVER - 3600),
        ("9999-12-31T23:59:59-01:00", 253402304399),
    ],
)
def test_a_date_is_the_seconds_since_1970_rounded_down(text: str, seconds: int) -> None:
    assert dates.seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2016",
        "2016-01-01",
        "2016-01-01T00:00:00",
        "2016-01-01 00:00:00Z",
        "yesterday",
        "2016-02-30T00:00:00Z",
        "2016-01-01T24:00:00Z",
        "2016-01-01T25:00:00Z",
        "2016-01-01T00:00:00.Z",
        " 2016-01-01T00:00:00Z",
        f"2016-01-01T00:00:00.{'9' * 108}Z",
    ],
)
def test_an_invalid_date_is_refused(text: str) -> None:
    with pytest.raises(dates.InvalidDateError):
        dates.seconds(text)


def test_an_invalid_date_cannot_be_shortened() -> None:
    with pytest.raises(dates.InvalidDateError):
        dates.shortest("yesterday")


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.123456789123Z", 123_456_789),
        ("1969-12-31T23:59:59.75Z", -250_000_000),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
    ],
)
def test_fractions_of_a_second_are_parsed(text: str, nanoseconds: int) -> None:
    assert dates.nanoseconds(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("2016-01-01T00:00:00Z", "2016-01-01T00:00:00Z"),
        ("2016-01-01T00:00:00.500Z", "2016-01-01T00:00:00.5Z"),
        ("2016-01-01T00:00:00.1234567899Z", "2016-01-01T00:00:00.123456789Z"),
        ("2016-01-01T00:00:00.000+00:00", "2016-01-01T00:00:00Z"),
        ("2016-01-01T00:00:00+02:00", "2016-01-01T00:00:00+02:00"),
    ],
)
def test_a_date_is_formatted_as_go_does(text: str, shortest: str) -> None:
    assert dates.shortest(text) == shortest


def test_representable_seconds_are_formatted_as_a_date() -> None:
    assert dates.from_seconds(1) == "1970-01-01T00:00:01Z"
    assert dates.from_seconds(-62135596800) == "0001-01-01T00:00:00Z"
    assert dates.from_seconds(-62135596801) is None
    assert dates.from_seconds(2**62) is None


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    st.integers(-720, 720),
)
def test_dates_are_parsed_as_python_does(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert dates.seconds(moment.isoformat()) == expected
