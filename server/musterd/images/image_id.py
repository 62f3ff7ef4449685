"""Image Ids, full or abbreviated, with or without their algorithm."""

import re
from dataclasses import dataclass

_ALGORITHM = "sha256:"
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")
_WHOLE = 64
_SHORT = 12


@dataclass(frozen=True, slots=True)
class ImageId:
    """An image Id or a prefix of one. Both spellings, with and without `sha256:`, are equal.

    Some servers omit the algorithm, at least in a parent's Id.

    Attributes:
        digits: Lower-case hexadecimal digits: 64, or fewer for a prefix.
    """

    digits: str

    @classmethod
    def parse(cls, text: str) -> "ImageId | None":
        """Parse an Id or a prefix of one; return None if *text* is neither."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(found[1])

    @classmethod
    def of(cls, text: str) -> "ImageId":
        """Build an Id from *text*, which must be one, such as an Id from a catalogue."""
        return cls(digits(text))

    @property
    def is_whole(self) -> bool:
        """Whether this is a full Id of 64 digits."""
        return len(self.digits) == _WHOLE

    @property
    def spellings(self) -> tuple[str, str]:
        """The Id with and without its algorithm."""
        return f"{_ALGORITHM}{self.digits}", self.digits

    @property
    def short(self) -> str:
        """The first digits, which Docker uses as the short Id."""
        return self.digits[:_SHORT]

    def __str__(self) -> str:
        """Return the Id with its algorithm."""
        return f"{_ALGORITHM}{self.digits}"


def digits(text: str) -> str:
    """Return the digits of an Id in either spelling."""
    return text.removeprefix(_ALGORITHM)
