"""Dates as image configs write them."""

import re
from datetime import UTC, datetime, timedelta

_DATE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DIGITS = 9
_LENGTH = len("0001-01-01T00:00:00Z")
# Characters, far more than any date has: what is longer would be read again for each listing.
_LONGEST = 128

#: In a second.
NANOSECONDS = 1_000_000_000


class InvalidDateError(ValueError):
    """A text is no date in RFC 3339."""


def seconds(text: str) -> int:
    """Return the seconds from 1970-01-01 00:00:00 UTC to a date in RFC 3339, rounded down.

    Raises:
        InvalidDateError: *text* is no such date.
    """
    return nanoseconds(text) // NANOSECONDS


def nanoseconds(text: str) -> int:
    """Return the same in nanoseconds; digits after the ninth are dropped.

    Python's own parser knows fractions of three or six digits only, and no offset that leads out
    of the years 1 to 9999; daemons write nine digits, and write the year 1 for want of a date.

    Raises:
        InvalidDateError: *text* is no such date.
    """
    found = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InvalidDateError(text)
    try:
        local = datetime.fromisoformat(f"{found['date']}+00:00")
    except ValueError:
        raise InvalidDateError(text) from None
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    since_epoch = local - _EPOCH
    whole = (since_epoch + offset if found["sign"] == "-" else since_epoch - offset) // _SECOND
    return whole * NANOSECONDS + int((found["fraction"] or "")[:_DIGITS].ljust(_DIGITS, "0"))


def shortest(text: str) -> str:
    """Return a date in RFC 3339 as Go writes it: without zeros at the end of the fraction.

    Raises:
        InvalidDateError: *text* is no such date.
    """
    found = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InvalidDateError(text)
    fraction = (found["fraction"] or "")[:_DIGITS].rstrip("0")
    offset = text[-6:] if found["sign"] and text[-5:] != "00:00" else "Z"
    return found["date"] + (f".{fraction}" if fraction else "") + offset


def from_seconds(since_epoch: int) -> str | None:
    """Return the date of some seconds since 1970 in UTC; None outside the years 1 to 9999."""
    try:
        date = _EPOCH + timedelta(seconds=since_epoch)
    except OverflowError:
        return None
    return f"{date:%Y-%m-%dT%H:%M:%SZ}".zfill(_LENGTH)
