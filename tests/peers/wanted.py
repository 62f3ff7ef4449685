"""Which runs of the suite a sweep makes on a server: versions, seeds, with and without planting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import muster_openapi
from muster.register import Need, requirements

SEEDS = range(5)
ON_PLANTED = tuple(
    name for name, rule in requirements().items() if rule.need in {Need.PLANTED, Need.CHANGES}
)
"""Requirements that are checked on images of the suite's own only."""


@dataclass(frozen=True)
class Wanted:
    """One run.

    Attributes:
        version: the API version.
        seed: what fixes its random choices.
        plant: whether images are planted.
        only: the requirements to check; empty for all.
    """

    version: str
    seed: int
    plant: bool
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.version}-{self.seed}-{'planted' if self.plant else 'read-only'}.json"


Runs = Sequence[Wanted]


def minor(first: int, last: int) -> list[str]:
    return [f"1.{number}" for number in range(first, last + 1)]


def documented(first: str, last: str) -> list[str]:
    """The versions at which the contract changed."""
    known = list(muster_openapi.VERSIONS)
    return known[known.index(first) : known.index(last) + 1]


def each_seed(versions: Sequence[str], *, plant: bool) -> list[Wanted]:
    return [Wanted(version, seed, plant) for version in versions for seed in SEEDS]


def once(versions: Sequence[str], *, plant: bool, only: tuple[str, ...] = ()) -> list[Wanted]:
    """With another seed at each version, one after the other."""
    return [
        Wanted(version, number % len(SEEDS), plant, only) for number, version in enumerate(versions)
    ]


def between(versions: Sequence[str]) -> list[Wanted]:
    """Where nothing changed: all once, and what needs planting."""
    return [*once(versions, plant=False), *once(versions, plant=True, only=ON_PLANTED)]
