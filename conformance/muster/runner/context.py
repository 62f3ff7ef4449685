"""The data that every source of results works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import muster_openapi
from muster.model.version import FIRST, ApiVersion
from muster.planting.state import PlantedState
from muster.register.requirements import Requirement
from muster.runner.liveness import Watch


def _ignore(_: Requirement) -> None:
    pass


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run at one API version, as every source of results sees it.

    Attributes:
        watch: Sends the requests, and notices when the server stops responding.
        version: The API version of the requests that `watch` sends.
        seed: Fixes every random choice.
        max_examples: How many requests fuzzing draws at random.
        planted: The images that the suite put on the server.
        progress: Called before each requirement.
    """

    watch: Watch
    version: ApiVersion = FIRST
    seed: int = 0
    max_examples: int = 50
    planted: PlantedState = field(default_factory=PlantedState)
    progress: Callable[[Requirement], None] = _ignore

    @property
    def limit(self) -> int:
        """How many values (labels, names) a check tries if the server's images offer more."""
        return max(1, self.max_examples // 4)

    @property
    def document(self) -> Mapping[str, Any]:
        """The contract's OpenAPI document of `version`."""
        return _document(self.version)


@lru_cache(maxsize=2)
def _document(version: ApiVersion) -> Mapping[str, Any]:
    return muster_openapi.document(str(version))
