"""Choices for queries that are drawn, and queries drawn by chance."""

from __future__ import annotations

from random import Random

from muster.fuzzing.conditions import Choose
from muster.fuzzing.drawn_query import Question, draw
from muster.fuzzing.values import Mined, mine
from muster.model.image import listing
from muster.model.query import Query
from muster.model.version import ApiVersion
from tests.mutants.stand_in import StandIn


def by_chance(seed: object) -> Choose:
    return Random(str(seed)).randrange  # noqa: S311 - no secret


def simplest(_: int) -> int:
    """The choice that is the simplest each time."""
    return 0


def mined_of(server: StandIn) -> Mined:
    """What the images of *server* give to ask for."""
    response = server.send(Query(all=True).request()).response
    assert response
    return mine(listing(response))


def questions(version: str, count: int = 2000, server: StandIn | None = None) -> list[Question]:
    """Queries drawn by chance for the images of *server*."""
    mined, choose = mined_of(server or StandIn(version)), by_chance(version)
    return [draw(choose, mined, ApiVersion.parse(version)) for _ in range(count)]
