"""Dates in image configs."""

import re
from datetime import UTC, datetime, timedelta

# From 3.14 on Python takes 24:00:00 for the next midnight, which is no hour of RFC 3339.
_DATE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DIGITS = 9
_LENGTH = len("0001-01-01T00:00:00Z")
# Characters, far more than any date has. Listings parse dates again and again.
_LONGEST = 128

# Nanoseconds in a second.
NANOSECONDS = 1_000_000_000


class InvalidDateError(ValueError):
    """A text is not a date in RFC 3339."""


def seconds(text: str) -> int:
    """Convert an RFC 3339 date to seconds since 1970, rounded down.

    Raises:
        InvalidDateError: *text* is not such a date.
    """
    return nanoseconds(text) // NANOSECONDS


def nanoseconds(text: str) -> int:
    """Convert an RFC 3339 date to nanoseconds since 1970; drop digits after the ninth.

    Python's own parser accepts only three or six digits of a fraction, and no offset that leaves
    the years 1 to 9999. Daemons write nine digits, and year 1 for an unknown date.

    Raises:
        InvalidDateError: *text* is not such a date.
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
    """Rewrite an RFC 3339 date as Go does, without trailing zeros in the fraction.

    Raises:
        InvalidDateError: *text* is not such a date.
    """
    found = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InvalidDateError(text)
    fraction = (found["fraction"] or "")[:_DIGITS].rstrip("0")
    offset = text[-6:] if found["sign"] and text[-5:] != "00:00" else "Z"
    return found["date"] + (f".{fraction}" if fraction else "") + offset


def from_seconds(since_epoch: int) -> str | None:
    """Format seconds since 1970 as a UTC date; None outside the years 1 to 9999."""
    try:
        date = _EPOCH + timedelta(seconds=since_epoch)
    except OverflowError:
        return None
    return f"{date:%Y-%m-%dT%H:%M:%SZ}".zfill(_LENGTH)
