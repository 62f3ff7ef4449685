"""The values of an image description, as people write them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from musterd.errors import SeedError
from musterd.images import dates
from musterd.images.platform import Platform

# Daemons count in these (moby v20.10.24 ``vendor/github.com/docker/go-units/size.go``).
_UNITS: dict[str, int] = {
    "": 1,
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)},
}
_SIZE = re.compile(r"(?P<number>[0-9]{1,19}(?:\.[0-9]{1,9})?) ?(?P<unit>[a-z]{0,3})", re.IGNORECASE)
_LARGEST = 2**63 - 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PLATFORM = re.compile(
    r"(?P<os>[a-z0-9]+)/(?P<architecture>[a-z0-9_]+)(?:/(?P<variant>[a-z0-9]+))?"
)

# A point in time: RFC 3339, a day, or seconds since 1970.
Moment = str | int | date


def size(given: str | int) -> int:
    """Convert a size to bytes: ``5MB`` is 5,000,000 as in ``docker images``, ``5MiB`` 5,242,880.

    Raises:
        SeedError: It is not a size, or too large.
    """
    found = None if isinstance(given, bool) else _SIZE.fullmatch(str(given))
    unit = None if found is None else _UNITS.get(found["unit"].lower())
    if found is None or unit is None:
        raise SeedError(f"{given!r} is not a size; write 5MB, 1.5GiB, or a number of bytes", "size")
    whole, _, fraction = found["number"].partition(".")
    # Floats would change large sizes.
    number = int(whole) * unit + int(fraction or 0) * unit // int(f"1{'0' * len(fraction)}")
    if number > _LARGEST:
        raise SeedError(f"{given!r} is more than {_LARGEST} bytes", "size")
    return number


def created(given: Moment) -> str:
    """Convert a point in time to RFC 3339.

    Args:
        given: RFC 3339, a day, or seconds since 1970. A `datetime` without a time zone is UTC.

    Raises:
        SeedError: It is no point in time in the years 1 to 9999.
    """
    text = _text(given)
    try:
        dates.nanoseconds(text or "")
    except dates.InvalidDateError:
        raise SeedError(
            f"{str(given)!r} is not a date; write 2024-01-31, 2024-01-31T12:00:00Z or seconds "
            "since 1970",
            "created",
        ) from None
    return text or ""


def _text(given: Moment) -> str | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, int):
        return dates.from_seconds(given)
    if isinstance(given, datetime):
        aware = given if given.tzinfo is not None else given.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    text = str(given)
    return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text


def digest(given: str) -> str:
    """Check a digest.

    Raises:
        SeedError: It is no SHA-256 digest.
    """
    if _DIGEST.fullmatch(given):
        return given
    raise SeedError(
        f"{given!r} is not a digest; write sha256: and 64 hexadecimal digits, or true for a "
        "derived one",
        "digest",
    )


def platform(given: str) -> Platform:
    """Parse a platform such as ``linux/arm64`` or ``linux/arm/v7``.

    Raises:
        SeedError: It is not a platform.
    """
    found = _PLATFORM.fullmatch(given)
    if found is None:
        raise SeedError(
            f"{given!r} is not a platform; write OS/ARCHITECTURE, such as linux/arm64 or "
            "linux/arm/v7",
            "platform",
        )
    return Platform(found["os"], found["architecture"], found["variant"] or "")


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Check labels, whose keys and values are texts.

    Raises:
        SeedError: A key or a value is no text.
    """
    try:
        checked = msgspec.convert(dict(given), dict[str, str])
    except msgspec.ValidationError:
        raise SeedError(
            f"{given!r} are not labels; keys and values must be strings", "labels"
        ) from None
    json_text(checked, "labels")
    return checked


def json_text(given: Any, field: str) -> str:
    """Encode a value as JSON, in the one way that gives equal values equal texts.

    Raises:
        SeedError: It is not a JSON value.
    """
    try:
        text = json.dumps(
            given, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SeedError(f"{given!r} is not a JSON value: {error}", field) from None
    return text
