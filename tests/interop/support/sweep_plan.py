"""Which runs of the suite a sweep makes on a server: versions, seeds, with and without planting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import muster_openapi

SEEDS = range(5)


@dataclass(frozen=True)
class Wanted:
    """One run.

    Attributes:
        version: the API version.
        seed: what fixes its random choices.
        plant: whether images are planted.
    """

    version: str
    seed: int
    plant: bool

    @property
    def name(self) -> str:
        return f"{self.version}-{self.seed}-{'planted' if self.plant else 'read-only'}.json"


Runs = Sequence[Wanted]


def minor(first: int, last: int) -> list[str]:
    return [f"1.{number}" for number in range(first, last + 1)]


def documented(first: str, last: str) -> list[str]:
    """Return the versions at which the contract changed."""
    known = list(muster_openapi.VERSIONS)
    return known[known.index(first) : known.index(last) + 1]


def each_seed(versions: Sequence[str], *, plant: bool) -> list[Wanted]:
    return [Wanted(version, seed, plant) for version in versions for seed in SEEDS]


def once(versions: Sequence[str], *, plant: bool) -> list[Wanted]:
    """With another seed at each version, one after the other."""
    return [Wanted(version, number % len(SEEDS), plant) for number, version in enumerate(versions)]
