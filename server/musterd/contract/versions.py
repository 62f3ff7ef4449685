"""API versions: parsing, comparison, and the range that the server supports."""

import re
from dataclasses import dataclass, field
from functools import total_ordering

import muster_openapi
from musterd.errors import BadRequestError

# Go's Atoi stops at 19 digits; Python's int would refuse some thousands of them.
_DIGITS = 19
# The longest version text, in characters.
LONGEST = 32


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class ApiVersion:
    """An API version as the client wrote it: ``1.23``, but also ``01.023`` or ``1..23``.

    Only the first `LONGEST` characters are parsed; `check_served` refuses longer texts.

    Attributes:
        text: The version as the client wrote it.
    """

    text: str
    _numbers: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Parse the numbers between the dots; a missing number counts as 0."""
        text = self.text[:LONGEST]
        numbers = [int(part.lstrip("0")[:_DIGITS] or 0) for part in text.split(".")]
        while numbers and not numbers[-1]:
            numbers.pop()
        object.__setattr__(self, "_numbers", tuple(numbers))

    def __str__(self) -> str:
        """Return the text as the client wrote it."""
        return self.text

    def __lt__(self, other: "ApiVersion") -> bool:
        """Compare number by number; missing numbers count as 0 (moby v1.11.2 ``pkg/version``)."""
        return self._numbers < other._numbers

    def __eq__(self, other: object) -> bool:
        """Tell whether the numbers are the same: ``1.23.0`` and ``01.023`` are ``1.23``."""
        return isinstance(other, ApiVersion) and self._numbers == other._numbers

    def __hash__(self) -> int:
        """Return a hash that equal versions share."""
        return hash(self._numbers)


# The supported versions. A request without a version uses the newest.
OLDEST = ApiVersion("1.12")
NEWEST = ApiVersion(muster_openapi.NEWEST)

_VERSIONED = re.compile(r"/v([0-9.]+)(/.*)", re.DOTALL)
_DOCUMENTS = tuple(map(ApiVersion, muster_openapi.VERSIONS))


def split_version(path: str, newest: ApiVersion = NEWEST) -> tuple[ApiVersion, str]:
    """Split a path into its API version and the rest; without a version, use the newest."""
    found = _VERSIONED.fullmatch(path)
    return (ApiVersion(found[1]), found[2]) if found else (newest, path)


# The words of moby v20.10.24 and later (``api/server/middleware/version.go``).
TOO_NEW = "client version {version} is too new. Maximum supported API version is {newest}"
_TOO_OLD = (
    "client version {version} is too old. Minimum supported API version is {oldest}, "
    "please upgrade your client to a newer version"
)


def check_served(
    version: ApiVersion,
    oldest: ApiVersion = OLDEST,
    newest: ApiVersion = NEWEST,
    too_new: str = TOO_NEW,
) -> None:
    """Refuse a version that is not supported.

    Args:
        version: The version of a request.
        oldest: The oldest supported version.
        newest: The newest supported version.
        too_new: The message about a newer version, with `{version}` and `{newest}` in it.

    Raises:
        BadRequestError: It is too old or too new, or longer than `LONGEST` characters.
    """
    if version > newest:
        raise BadRequestError(too_new.format(version=version, newest=newest))
    if version < oldest:
        raise BadRequestError(_TOO_OLD.format(version=version, oldest=oldest))
    if len(version.text) > LONGEST:
        raise BadRequestError(f"the API version has more than {LONGEST} characters")


def documented(version: ApiVersion) -> str:
    """Return the version of the document that describes *version*.

    This is the nearest version below it. Versions older than every document use the oldest one, as
    a daemon of that time answers older versions like its own.
    """
    return str(max((known for known in _DOCUMENTS if known <= version), default=_DOCUMENTS[0]))
