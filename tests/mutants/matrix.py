"""Which requirement finds which fault; run as a module, it writes docs/kill-matrix.md."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

import muster_openapi
from muster.checks.check import CHECKS
from muster.fuzzing import ids, random_queries, schema_fuzz
from muster.model.exchange import Exchange, Request, Sender
from muster.model.version import ApiVersion
from muster.planting import platform_images, registry, registry_images
from muster.planting.docker_archive import Archive, build
from muster.planting.fixtures import FIXTURES, many
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan
from muster.register.requirements import Need, Requirement, requirements
from muster.register.verdict import Result, Verdict, judge
from muster.runner import runner, steadiness
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from muster.suite.causes import with_causes
from muster.suite.symptoms import unfiltered
from muster.transport.config import TransportConfig
from muster.transport.target import Target
from muster.transport.transport import Transport

from . import (
    access,
    answers,
    changes,
    conditions,
    filters,
    fractions,
    http,
    instants,
    labels,
    long_filters,
    members,
    names,
    pages,
    planted_platforms,
    platforms,
    reads,
    requests,
    siblings,
    side_effects,
    values,
    versions,
    wire,
)
from . import planted as planted_mutants
from . import pulled as pulled_mutants
from .manifest_store import ManifestStore
from .mutant import Mutant
from .stand_in import StandIn

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
REGISTER = requirements()
HUNDREDS = 300
DRAWN = 150
"""Queries that are drawn for a server."""
PLANTING = tuple(need for need in Need if need not in {Need.SIGNED, Need.PLATFORMS})
"""What the stand-in takes."""

OF_MANIFESTS = {
    "LIST-MANIFESTS-SIZE",
    "LIST-MANIFESTS-TOTAL",
    "LIST-MANIFESTS-ONCE",
    "LIST-MANIFESTS-KIND",
    "LIST-MANIFESTS-AVAILABLE",
    "LIST-MANIFESTS-ATTESTATION",
    "LIST-MANIFESTS-FILTERED",
    "LIST-MANIFESTS-SPELLINGS",
    "LIST-DESCRIPTOR",
    "LIST-CONTAINERS-SUM",
    "LIST-INSPECT-MANIFESTS",
    "LIST-INSPECT-VARIANT",
    "LIST-IDENTITY-UNASKED",
}
"""Requirements for which only a store of manifests has evidence."""

MODULES = (
    answers,
    reads,
    members,
    siblings,
    conditions,
    labels,
    names,
    versions,
    requests,
    filters,
    long_filters,
    instants,
    values,
    pages,
    fractions,
    http,
    wire,
    platforms,
    planted_mutants,
    changes,
    side_effects,
    pulled_mutants,
    planted_platforms,
    access,
)
CLASSES = [
    value
    for module in MODULES
    for _, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, Mutant) and value.__module__ == module.__name__
]
BASES = {base for each in CLASSES for base in each.__bases__}
MUTANTS = [each for each in CLASSES if each not in BASES]


remote_images = cache(registry_images.build)


@cache
def archive_of(run: str, count: int) -> Archive:
    return build(run, (*FIXTURES, *many(count)))


def holding(version: str, needs: Collection[Need | None] = (None,)) -> list[Requirement]:
    at = ApiVersion.parse(version)
    return [each for each in REGISTER.values() if each.holds_at(at) and each.need in needs]


def checked(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    context = RunContext(Watch(server), ApiVersion.parse(version), seed, max_examples=48)
    chosen = [requirement for requirement in holding(version) if requirement.id in CHECKS]
    results = runner.run(chosen, context)
    return {result.requirement.id: result for result in results} | counted(context.watch)


def counted(watch: Watch) -> dict[str, Result]:
    """Return the findings of requests that failed once, as a run adds them at its end."""
    found = steadiness.outcomes(watch).items()
    return {name: judge(REGISTER[name], outcome) for name, outcome in found}


def checked_planted(
    server: StandIn, version: str, seed: int, needs: Collection[Need] = PLANTING
) -> dict[str, Result]:
    """Return the results of checks on planted images, those that *needs* ask for."""
    run = f"run{seed}"
    count = HUNDREDS if Need.MANY in needs else 0
    archive, remote = archive_of(run, count), remote_images(run)
    with registry.serve(remote.contents, "127.0.0.1:0") as address:
        pulls = remote if Need.PULLED in needs else None
        platforms = platform_images.build(run) if Need.PLATFORMS in needs else ()
        plan = PlantingPlan.of(archive, pulls, address, platforms)
        planting = FixtureLoader(server, plan)
        ground = planting.plant()
        assert not ground.obstacles
        context = RunContext(
            Watch(server), ApiVersion.parse(version), seed, max_examples=48, planted=ground
        )
        results = list(runner.run(holding(version, ground.provided), context))
        told = explained({result.requirement.id: result for result in results}, server)
        planting.clear()
    return told


def checked_signed(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    """Return the results of checks on authentication."""
    watch = Watch(Signing(server, version))
    context = RunContext(watch, ApiVersion.parse(version), seed, max_examples=48)
    results = runner.run(holding(version, {Need.SIGNED}), context)
    return explained({result.requirement.id: result for result in results}, watch)


class Signing:
    """Sends requests to *server* with the signatures that they would have on the wire."""

    def __init__(self, server: StandIn, version: str) -> None:
        self.server = server
        target = Target("http", "localhost", 2375)
        config = TransportConfig(credentials=access.KEYS)
        self.transport = Transport(target, ApiVersion.parse(version), config=config)

    def send(self, request: Request) -> Exchange:
        headers = self.transport.headers(request)
        response = self.server.answer(replace(request, headers=headers))
        return Exchange(request, response, "" if response else "no answer")


def fuzzed(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    document = muster_openapi.document(version)
    outcomes, sent = schema_fuzz.fuzz(document, server, seed=seed, max_examples=60)
    return {name: judge(REGISTER[name], outcome, sent) for name, outcome in outcomes.items()}


def drawn_from(
    server: StandIn, version: str, seed: int, failed: Collection[str]
) -> dict[str, Result]:
    """Return the findings of drawn queries, if *failed* is known already."""
    outcomes, sent = random_queries.ask(
        server, version=ApiVersion.parse(version), seed=seed, count=DRAWN, failed=failed
    )
    return {name: judge(REGISTER[name], outcome, sent) for name, outcome in outcomes.items()}


def read_only(server: StandIn, version: str, seed: int) -> dict[str, Result]:
    """Return what read-only checks find, without fuzzing."""
    results = checked(server, version, seed)
    results |= drawn_from(server, version, seed, departures(results))
    return explained(results, server)


def explained(results: dict[str, Result], sender: Sender) -> dict[str, Result]:
    """Return *results* as a run tells them: what follows from another departure is none."""
    told = with_causes(results.values(), unfiltered(sender))
    return {result.requirement.id: result for result in told}


@cache
def usual(base: type[StandIn], version: str, *, planted: bool = False) -> dict[str, str]:
    """Return the observations of a correct server of the kind *base*."""
    if planted:
        needs = (Need.PLANTED, Need.CHANGES)
        return observed(checked_planted(base(version), version, 0, needs))
    return observed(checked(base(version), version, 0))


def observed(results: dict[str, Result]) -> dict[str, str]:
    return {name: r.message for name, r in results.items() if r.verdict is Verdict.OBSERVE}


def unmet(results: dict[str, Result], told: dict[str, str]) -> frozenset[str]:
    """Return the requirements not met, and the observations that differ from *told*."""
    odd = {name for name, message in observed(results).items() if told.get(name) != message}
    return frozenset({*departures(results), *odd})


def departures(results: dict[str, Result]) -> dict[str, str]:
    departed = (Verdict.FAIL, Verdict.WARN)
    return {name: r.message for name, r in results.items() if r.verdict in departed}


@cache
def found(mutant: type[Mutant], seed: int) -> frozenset[str]:
    """Return the requirements that *mutant* does not meet, among those of its own kind.

    Of what is only observed, that which is not what the correct server does.
    """
    version = mutant.version
    base = ManifestStore if issubclass(mutant, ManifestStore) else StandIn
    if REGISTER[mutant.kills].planted:
        needs = {Need.PLANTED, Need.CHANGES, REGISTER[mutant.kills].need or Need.PLANTED}
        results = checked_planted(mutant(version), version, seed, needs)
        return unmet(results, usual(base, version, planted=True))
    if REGISTER[mutant.kills].need is Need.SIGNED:
        return frozenset(departures(checked_signed(mutant(version), version, seed)))
    if mutant.kills in ids.REQUIREMENTS:
        return frozenset(departures(fuzzed(mutant(version), version, seed)))
    return unmet(read_only(mutant(version), version, seed), usual(base, version))


def page() -> str:
    """Return the text of docs/kill-matrix.md."""
    lines = [
        "# Which requirement finds which fault",
        "",
        "Each row is a correct server with one fault (`tests/mutants/`), the requirement under",
        "which the suite must file it, and others that cannot but notice. `make docs` writes this",
        "page; a test checks it.",
        "",
        f"{len(MUTANTS)} faults, {len({mutant.kills for mutant in MUTANTS})} requirements.",
        "",
        "| Fault | Seen at | API | Found under | Noticed by |",
        "|---|---|---|---|---|",
    ]
    for mutant in sorted(
        MUTANTS, key=lambda each: (list(REGISTER).index(each.kills), each.__name__)
    ):
        names = found(mutant, 0)
        others = ", ".join(f"`{name}`" for name in REGISTER if name in names - {mutant.kills})
        seen = (mutant.__dict__.get("__doc__") or "").split("\n")[0].rstrip(".")
        assert mutant.kills in names, mutant
        lines.append(
            f"| {mutant.__name__} | {seen} | {mutant.version} | `{mutant.kills}` | {others} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
