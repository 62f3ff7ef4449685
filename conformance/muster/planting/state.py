"""The images that the suite planted, or failed to plant, for the checks that need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.planting.fixtures import Planted
from muster.register.requirements import Need
from muster.register.verdict import Blocked, Inconclusive

Obstacle = Inconclusive | Blocked
"""Why something is missing: the server does not offer it, or failed to provide it."""


@dataclass(frozen=True, slots=True)
class PlantedState:
    """The planted images that checks can use.

    Attributes:
        images: The images that could be planted.
        provided: What the user's options provide.
        obstacles: What is missing in spite of the options, and why.
    """

    images: tuple[Planted, ...] = ()
    provided: frozenset[Need] = frozenset()
    obstacles: Mapping[Need, Obstacle] = field(default_factory=dict)
