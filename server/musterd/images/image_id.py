"""Ids of images: with or without their algorithm, whole or only their first digits."""

import re
from dataclasses import dataclass

_ALGORITHM = "sha256:"
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")
_WHOLE = 64
_SHORT = 12


@dataclass(frozen=True, slots=True)
class ImageId:
    """An Id, or the beginning of one; both of its spellings are the same value.

    Some servers leave out the algorithm, if only of a parent's Id.

    Attributes:
        digits: Hexadecimal digits in lower case: 64, or fewer of a beginning.
    """

    digits: str

    @classmethod
    def parse(cls, text: str) -> "ImageId | None":
        """Read an Id or the beginning of one; None if *text* is neither."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(found[1])

    @classmethod
    def of(cls, text: str) -> "ImageId":
        """Take *text* for an Id, as a catalogue has it."""
        return cls(digits(text))

    @property
    def is_whole(self) -> bool:
        """Whether no digit is missing."""
        return len(self.digits) == _WHOLE

    @property
    def spellings(self) -> tuple[str, str]:
        """The Id with its algorithm, and without."""
        return f"{_ALGORITHM}{self.digits}", self.digits

    @property
    def short(self) -> str:
        """The first digits, as Docker abbreviates an Id."""
        return self.digits[:_SHORT]

    def __str__(self) -> str:
        """Return the spelling with the algorithm."""
        return f"{_ALGORITHM}{self.digits}"


def digits(text: str) -> str:
    """Return the digits of an Id that a catalogue has, whichever way it spells it."""
    return text.removeprefix(_ALGORITHM)
