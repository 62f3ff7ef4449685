from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musterd import rfc3339
from musterd.image import NEVER


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
        ("1969-12-31T23:59:59.5Z", -1),
        ("0001-01-01T00:00:00Z", NEVER),
        ("0001-01-01T00:00:00+01:00", NEVER - 3600),
        ("9999-12-31T23:59:59-01:00", 253402304399),
    ],
)
def test_a_date_is_the_seconds_since_1970_rounded_down(text: str, seconds: int) -> None:
    assert rfc3339.seconds(text) == seconds


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
        "2016-01-01T25:00:00Z",
        "2016-01-01T00:00:00.Z",
        " 2016-01-01T00:00:00Z",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(rfc3339.InvalidDateError):
        rfc3339.seconds(text)


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    st.integers(-720, 720),
)
def test_dates_are_read_as_python_reads_them(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert rfc3339.seconds(moment.isoformat()) == expected
