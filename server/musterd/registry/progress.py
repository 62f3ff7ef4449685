"""The lines that tell a client how a pull or a push is going.

moby v20.10.24 ``distribution/pull_v2.go``, ``distribution/push_v2.go`` and
``pkg/streamformatter/streamformatter.go``.
"""

from collections.abc import Mapping
from typing import Any

from musterd.images.image_id import digits
from musterd.images.reference import Reference

Line = Mapping[str, Any]

_BAR = 50
_THOUSAND = 1000
# Digits of a digest that are shown.
SHORT = 12
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def message(status: str, about: str | None = None) -> Line:
    """Return a line with a status, and perhaps with the tag that it is about."""
    return {"status": status} if about is None else {"status": status, "id": about}


def layer(status: str, digest: str) -> Line:
    """Return a line about a layer."""
    return {"status": status, "progressDetail": {}, "id": digits(digest)[:SHORT]}


def transfer(status: str, digest: str, current: int, total: int) -> Line:
    """Return a line about a layer of which some bytes are there."""
    done = _BAR if current >= total else current * _BAR // total
    bar = "=" * done + (">" + " " * (_BAR - done) if done < _BAR else ">")
    return {
        "status": status,
        "progressDetail": {"current": current, "total": total},
        "progress": f"[{bar}] {human_size(current):>8}/{human_size(total)}",
        "id": digits(digest)[:SHORT],
    }


def pulling(name: Reference) -> Line:
    """Return the first line about a name."""
    path = name.full_repository.partition("/")[2]
    about = name.familiar if name.digest is not None else name.tag
    return message(f"Pulling from {path}", about)


def ended(name: Reference, *, is_new: bool) -> Line:
    """Return the last line of a pull."""
    done = "Downloaded newer image for" if is_new else "Image is up to date for"
    return message(f"Status: {done} {name.familiar}")


def error(text: str) -> Line:
    """Return the line of an error, which is the last."""
    return {"errorDetail": {"message": text}, "error": text}


def human_size(size: float) -> str:
    """Format a size like Go's ``go-units``: four digits, in powers of a thousand."""
    unit = 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size /= _THOUSAND
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"
