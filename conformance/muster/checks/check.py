"""A check is a generator that yields requests, receives exchanges and returns an outcome.

So a check is a pure function of the server's responses. The runner sends the requests; a test
supplies the responses itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from muster.model.exchange import Request
from muster.model.version import FIRST, ApiVersion
from muster.planting.fixtures import Planted
from muster.register.verdict import Passed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parallel:
    """Sequences of requests, each over its own connection; the check receives their exchanges.

    Attributes:
        sequences: The requests of each connection.
        by_turns: Whether to send one request at a time, of each sequence in turn, instead of all
            sequences at the same time.
    """

    sequences: tuple[tuple[Request, ...], ...]
    by_turns: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Read-only requests to pipeline; the check receives their exchanges in order.

    A fault that shows only in a batch is not reported: see `muster.runner.pipeline`.
    """

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """A request for a listing that several checks start from; the check receives its exchange.

    The runner may reuse an earlier response. It repeats any departure that one leads to.
    """

    request: Request


Steps = Generator[Request | Recall | Parallel | Batch, Any, T]
"""A part of a check: yields requests, receives their exchanges, returns a T."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check knows besides the server's responses.

    Attributes:
        random: Source of every random choice in the check; seeded.
        limit: How many values to try if the server's own images offer more.
        schema: The JSON schema of one image (`ImageSummary`), ready for a JSON Schema validator.
        version: The API version of the requests.
        planted: The images that the suite put on the server; empty without `--plant`.
    """

    random: Random
    limit: int
    schema: Mapping[str, Any]
    version: ApiVersion = FIRST
    planted: tuple[Planted, ...] = ()

    def some(
        self,
        values: Iterable[T],
        odd: Callable[[T], bool] = lambda _: False,
        at_most: int | None = None,
    ) -> list[T]:
        """Choose at most `limit` of *values* at random; keep their order and drop duplicates.

        Args:
            values: The values to choose from.
            odd: Values to choose first, because they are more likely to reveal a fault.
            at_most: How many to choose, if not `limit`.
        """
        limit = self.limit if at_most is None else min(at_most, self.limit)
        unique: Sequence[T] = list(dict.fromkeys(values))
        first = [position for position, value in enumerate(unique) if odd(value)]
        others = [position for position, value in enumerate(unique) if not odd(value)]
        chosen = self._sample(first, limit)
        chosen += self._sample(others, limit - len(chosen))
        return [unique[position] for position in sorted(chosen)]

    def _sample(self, positions: list[int], count: int) -> list[int]:
        return positions if len(positions) <= count else self.random.sample(positions, count)

    def plant(self, key: str) -> Planted:
        """Return the planted image whose key among the fixtures is *key*."""
        return next(image for image in self.planted if image.key == key)


Check = Callable[[Context], Steps[Passed]]
"""Raises Departure if the server departs from the rule, Inconclusive if it cannot be tried."""

CHECKS: dict[str, Check] = {}
"""Every check by the id of its requirement; the modules of `muster.checks` register theirs."""


def check(requirement: str) -> Callable[[Check], Check]:
    """Register the decorated function as the check of *requirement*."""

    def register(function: Check) -> Check:
        if requirement in CHECKS:
            raise ValueError(f"two checks for {requirement}")
        CHECKS[requirement] = function
        return function

    return register
