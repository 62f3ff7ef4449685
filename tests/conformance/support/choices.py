"""Choices for queries that are drawn, and queries drawn by chance."""

from __future__ import annotations

from random import Random

from muster.fuzzing.choices import Choose
from muster.fuzzing.drawn_query import draw
from muster.fuzzing.parts import DrawnQuery
from muster.fuzzing.values import SampleValues, sample_values
from muster.model.image import listing
from muster.model.query import Query
from muster.model.version import ApiVersion
from tests.mutants.stand_in import StandIn


def by_chance(seed: object) -> Choose:
    return Random(str(seed)).randrange  # noqa: S311 - no secret


def simplest(_: int) -> int:
    """Choose the simplest each time."""
    return 0


def samples_of(server: StandIn) -> SampleValues:
    """Return the values to ask for that the images of *server* have."""
    response = server.send(Query(all=True).request()).response
    assert response
    return sample_values(listing(response))


def drawn_queries(
    version: str, count: int = 2000, server: StandIn | None = None
) -> list[DrawnQuery]:
    """Draw queries at random for the images of *server*."""
    samples, choose = samples_of(server or StandIn(version)), by_chance(version)
    return [draw(choose, samples, ApiVersion.parse(version)) for _ in range(count)]
