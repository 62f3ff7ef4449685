"""What the suite put on a server, or could not: what requirements on such images are checked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.planting.fixtures import Planted
from muster.register.requirements import Need
from muster.register.verdict import Blocked, Inconclusive

Obstacle = Inconclusive | Blocked
"""Why something is not there: the server does not offer it, or it should have worked."""


@dataclass(frozen=True, slots=True)
class PlantedState:
    """What there is for requirements that need images of the suite's own.

    Attributes:
        images: The images, those that could be planted.
        provided: What the user gave the means for.
        obstacles: What of it is not there all the same, and why.
    """

    images: tuple[Planted, ...] = ()
    provided: frozenset[Need] = frozenset()
    obstacles: Mapping[Need, Obstacle] = field(default_factory=dict)
