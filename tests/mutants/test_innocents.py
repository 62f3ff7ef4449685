"""The suite accuses no correct server that uses the freedoms of the contract."""

from __future__ import annotations

import inspect

import pytest

from muster.register.requirements import Level, Need

from . import innocents
from .matrix import REGISTER, checked_planted, departures, read_only
from .stand_in import StandIn

CLASSES = [
    value
    for _, value in inspect.getmembers(innocents, inspect.isclass)
    if issubclass(value, StandIn) and value.__module__ == innocents.__name__
]
BASES = {base for each in CLASSES for base in each.__bases__}
INNOCENT = [each for each in CLASSES if each not in BASES]
VERSIONS = ("1.23", "1.44")
pytestmark = pytest.mark.usefixtures("uncovered")


def name(server: type[StandIn]) -> str:
    return server.__name__


def accused(server: type[StandIn], results: dict[str, str]) -> dict[str, str]:
    warned = getattr(server, "warned", frozenset())
    return {
        each: message
        for each, message in results.items()
        if REGISTER[each].level is Level.MUST or each not in warned
    }


@pytest.mark.parametrize(
    ("server", "version"),
    [(server, version) for server in INNOCENT for version in getattr(server, "versions", VERSIONS)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_correct_server_is_not_accused_on_its_own_images(
    server: type[StandIn], version: str
) -> None:
    assert accused(server, departures(read_only(server(version), version, 0))) == {}


@pytest.mark.parametrize("server", INNOCENT, ids=name)
def test_a_correct_server_is_not_accused_on_planted_images(server: type[StandIn]) -> None:
    needs = (Need.PLANTED, Need.CHANGES, Need.PULLED)
    version = getattr(server, "versions", VERSIONS)[-1]
    results = checked_planted(server(version), version, 0, needs)
    assert accused(server, departures(results)) == {}


def test_at_least_forty_correct_servers_are_tested() -> None:
    assert len(INNOCENT) >= 50
