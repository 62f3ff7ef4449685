"""The suite accepts every correct use of HTTP, and recognizes dropped connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from muster.checks.check import CHECKS
from muster.model.version import ApiVersion
from muster.planting.docker_archive import build
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan, permission
from muster.register.verdict import Verdict
from muster.runner import runner, steadiness
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from muster.transport.target import Target
from muster.transport.transport import Transport

from .innocents import HeadersOfAProxy, ManyImages
from .matrix import REGISTER, departures, holding
from .stand_in import StandIn
from .wire import DropsByChance, KeepsAListingForEachConnection
from .wired import PATIENCE, Wire, wired

VERSION = "1.44"
EXAMPLES = 8
"""Few, since the sockets are what is tried; the rules have many examples elsewhere."""

pytestmark = pytest.mark.usefixtures("uncovered")


def read_only(target: Target) -> tuple[dict[str, str], str]:
    """Return the departures that a server shows, and what is observed of lost connections."""
    with Transport(target, ApiVersion.parse(VERSION), PATIENCE) as transport:
        watch = Watch(transport)
        context = RunContext(watch, transport.version, max_examples=EXAMPLES)
        chosen = [each for each in holding(VERSION) if each.id in CHECKS]
        results = {each.requirement.id: each for each in runner.run(chosen, context)}
        assert not watch.gone
        outcome = steadiness.outcomes(watch)[steadiness.DROPPED]
    return departures(results), getattr(outcome, "message", "")


@contextmanager
def planted(target: Target, run: str) -> Iterator[RunContext]:
    plan = PlantingPlan.of(build(run))
    with Transport(
        target, ApiVersion.parse(VERSION), PATIENCE, permission=permission(plan)
    ) as transport:
        planting = FixtureLoader(transport, plan)
        try:
            ground = planting.plant()
            assert not ground.obstacles
            yield RunContext(
                Watch(transport), transport.version, max_examples=EXAMPLES, planted=ground
            )
        finally:
            planting.clear()


def with_planted(target: Target, run: str, *names: str) -> dict[str, str]:
    with planted(target, run) as context:
        held = holding(VERSION, context.planted.provided)
        chosen = [each for each in held if not names or each.id in names]
        results = {each.requirement.id: each for each in runner.run(chosen, context)}
    return departures(results)


WIRES = {
    "HTTP/1.0": Wire(protocol="HTTP/1.0"),
    "closes after each answer": Wire(close=True),
    "chunks": Wire(chunk=1000),
    "tiny chunks": Wire(chunk=7),
    "small packets": Wire(piece=50),
    "slow": Wire(pause=0.003),
    "busy now and then": Wire(busy=50),
    "behind a proxy": Wire(headers={"Via": "1.1 proxy", "X-Cache": "MISS", "Server": "nginx"}),
    "dates and caching": Wire(headers={"Date": "Mon, 01 Jan 2024 00:00:00 GMT", "Age": "3"}),
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_no_correct_use_of_http_is_a_fault(wire: Wire) -> None:
    with wired(StandIn(VERSION), wire) as target:
        assert read_only(target)[0] == {}
        assert with_planted(target, "run") == {}


@pytest.mark.parametrize("at", ["::1", "a socket with spaces"])
def test_no_kind_of_address_is_a_fault(at: str, tmp_path: Path) -> None:
    with wired(HeadersOfAProxy(VERSION), Wire(), at if ":" in at else tmp_path / at) as target:
        assert read_only(target)[0] == {}
        assert with_planted(target, "run") == {}


def test_three_thousand_images_are_not_a_fault() -> None:
    server = ManyImages(VERSION)
    one = server.images[-1]
    server.images += [
        one | {"Id": f"sha256:{n:064x}", "RepoTags": [f"many/y:{n}"], "Created": 10**9 - n}
        for n in range(3000)
    ]
    names = ("LIST-COMPLETE", "LIST-ALL-INTERMEDIATE", "LIST-DANGLING-SPLIT", "LIST-REFERENCE-OR")
    with wired(server, Wire()) as target, Transport(target, ApiVersion.parse(VERSION)) as transport:
        context = RunContext(Watch(transport), transport.version, max_examples=EXAMPLES)
        results = list(runner.run([REGISTER[name] for name in names], context))
    assert [(each.verdict, each.message) for each in results] == [(Verdict.PASS, "")] * len(names)


def test_two_concurrent_suites_accuse_no_server() -> None:
    found: dict[str, dict[str, str]] = {}
    names = ("PLANT-TAG", "PLANT-TAG-MOVES", "PLANT-UNTAG", "PLANT-REMOVE", "PLANT-LISTED")
    with wired(StandIn(VERSION), Wire()) as target:

        def check(run: str) -> None:
            found[run] = with_planted(target, run, *names)

        threads = [threading.Thread(target=check, args=(run,)) for run in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {"one": {}, "two": {}}


def test_dropped_connections_are_counted_and_not_a_fault() -> None:
    with wired(DropsByChance(VERSION), Wire()) as target:
        departed, told = read_only(target)
    assert departed == {}
    assert "closed between two requests" in told


def test_surplus_bytes_that_corrupt_the_next_response_are_found() -> None:
    with wired(StandIn(VERSION), Wire(surplus=b"\r\nx")) as target:
        departed, told = read_only(target)
    assert departed.keys() == {"HTTP-AFTER-ERROR"}
    assert "requests got no answer until sent again" in told


def test_a_listing_cached_per_connection_is_explained() -> None:
    with wired(KeepsAListingForEachConnection(VERSION), Wire()) as target:
        departed = with_planted(target, "run", "PLANT-TAG")
    assert "and another connection sees the truth" in departed["PLANT-TAG"]
