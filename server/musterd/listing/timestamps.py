"""Timestamps in the filter `until`: dates, seconds since 1970, or durations before now.

The contract's rules `until.*`; moby v25.0.0 and later ``api/types/time/timestamp.go:GetTimestamp``
and Go's ``time.ParseDuration``. A date without an offset is in UTC.
"""

import re

from musterd.images import dates
from musterd.images.dates import NANOSECONDS

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # the micro sign
    "\N{GREEK SMALL LETTER MU}s": 1_000,
    "ms": 1_000_000,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3_600 * NANOSECONDS,
}
_PART = re.compile(rf"(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<unit>{'|'.join(_UNITS)})")
_DATE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?P<fraction>\.[0-9]+)?)?)?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MONTHS = range(1, 13)
_SECONDS = re.compile(r"[+-]?[0-9]{1,18}")
_FRACTION = re.compile(r"[0-9]{1,18}")
# The digits to read of each number in a duration: more before the point overflow, and more after
# it make no difference.
_MOST_DIGITS = 18
# Nanoseconds: Go's durations have 64 bits.
_LONGEST_DURATION = 2**63 - 1


class InvalidTimestampError(ValueError):
    """A text is not a timestamp; the message gives the reason in Docker's words."""


def parse(text: str, now: int) -> int:
    """Parse a timestamp into nanoseconds since 1970.

    Args:
        text: A value of `until`.
        now: The current time, in nanoseconds since 1970, from which durations count back.

    Raises:
        InvalidTimestampError: *text* is not a timestamp.
    """
    if not text:
        raise InvalidTimestampError("failed to parse value as time or duration: value is empty")
    duration = _duration(text)
    if duration is not None:
        return (now - duration) // NANOSECONDS * NANOSECONDS
    date = _date(text)
    if date is not None:
        return date
    if "-" in text:
        raise InvalidTimestampError(f'parsing time "{text}": it is not a date')
    return _seconds(text)


def _duration(text: str) -> int | None:
    """Parse a duration such as ``1h30m``; None if it is not one, or too long for Go.

    A bare 0 is not a duration, but seconds since 1970.
    """
    rest = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    total = 0
    position = 0
    while found := _PART.match(rest, position):
        whole = found["whole"].lstrip("0")
        fraction = (found["fraction"] or "")[:_MOST_DIGITS]
        if not (found["whole"] or fraction) or len(whole) > _MOST_DIGITS + 1:
            return None
        total += int(f"0{whole}{fraction}") * _UNITS[found["unit"]] // 10 ** len(fraction)
        position = found.end()
    if not position or position < len(rest) or total > _LONGEST_DURATION:
        return None
    return -total if text.startswith("-") else total


def _date(text: str) -> int | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (found[part] or "00" for part in ("hour", "minute", "second"))
    full = f"{found['date']}T{hour}:{minute}:{second}{found['fraction'] or ''}"
    try:
        return dates.nanoseconds(full + (found["offset"] or "Z"))
    except dates.InvalidDateError:
        raise InvalidTimestampError(f'parsing time "{text}": {_out_of_range(found)}') from None


def _out_of_range(found: re.Match[str]) -> str:
    """Return a message that names the part of a date that is out of range."""
    month = int(found["date"][5:7])
    parts = (("second", 59), ("minute", 59), ("hour", 23))
    too_large = (part for part, most in parts if int(found[part] or 0) > most)
    if month not in _MONTHS:
        return "month out of range"
    return f"{next(too_large, 'day')} out of range"


def _seconds(text: str) -> int:
    """Parse seconds since 1970, with or without a fraction."""
    whole, point, fraction = text.partition(".")
    if not _SECONDS.fullmatch(whole):
        raise InvalidTimestampError(_not_a_number("seconds", whole))
    if point and not _FRACTION.fullmatch(fraction):
        raise InvalidTimestampError(_not_a_number("nanoseconds", fraction))
    return int(whole) * NANOSECONDS + int(fraction[:9].ljust(9, "0"))


def _not_a_number(what: str, text: str) -> str:
    return f'failed to parse value as time or duration: invalid {what} "{text}": invalid syntax'
