"""API versions, compared numerically: 1.9 is older than 1.23."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import muster_openapi
from muster.errors import UsageError

FORM = re.compile(r"v?(\d{1,4})\.(\d{1,4})")


@dataclass(frozen=True, slots=True, order=True)
class ApiVersion:
    """An API version.

    Attributes:
        major: The number before the dot.
        minor: The number after it.
    """

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a version such as `1.23` or `v1.23`.

        Raises:
            UsageError: If *text* is not a version.
        """
        found = FORM.fullmatch(text)
        if found is None:
            raise UsageError(f"{text!r} is not an API version: write one such as 1.23")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


FIRST = ApiVersion(1, 23)
"""The API version of the seed, from which requirements hold by default."""

SUPPORTED_VERSIONS = tuple(ApiVersion.parse(version) for version in muster_openapi.VERSIONS)
"""API versions that the contract covers, oldest first."""

NEWEST = ApiVersion.parse(muster_openapi.NEWEST)
"""The newest version that the contract covers."""
