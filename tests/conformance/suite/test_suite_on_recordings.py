"""The suite reports no false findings on the recorded responses of real daemons."""

from __future__ import annotations

from typing import Any

import pytest

import muster_openapi
from muster.checks.check import CHECKS
from muster.model.version import ApiVersion
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from muster.suite.plan import applicable
from tests.conformance.support.recorded import Replayed, recordings

pytestmark = pytest.mark.usefixtures("uncovered")
RECORDINGS = {each["server"]["name"]: each for each in recordings()}
VERSIONS = [
    (name, version)
    for name, each in RECORDINGS.items()
    for version in each["listings"]
    if version in muster_openapi.VERSIONS
]
# The least number of recorded requests that the suite must send.
ENOUGH = 45

DIGEST_IN_TAGS = {
    # An image that was pulled by digest has that among its RepoTags: moby#43862.
    "LIST-SCHEMA",
}


def outcome(recording: dict[str, Any], version: str, seed: int) -> tuple[list[Result], int]:
    server, at = Replayed(recording, version), ApiVersion.parse(version)
    checked = [each for each in requirements().values() if each.id in CHECKS]
    context = RunContext(Watch(server), at, seed, max_examples=100)
    results = list(runner.run(applicable(checked, at), context))
    return results, len(server.used)


def with_verdict(results: list[Result], verdict: Verdict) -> set[str]:
    return {each.requirement.id for each in results if each.verdict is verdict}


@pytest.mark.parametrize(
    ("name", "version"), VERSIONS, ids=[" at ".join(each) for each in VERSIONS]
)
def test_only_known_departures_are_found(name: str, version: str) -> None:
    results, asked = outcome(RECORDINGS[name], version, seed=VERSIONS.index((name, version)))

    known = DIGEST_IN_TAGS if "containerd" in name else set()
    assert with_verdict(results, Verdict.FAIL) == known
    # Docker before 23.0 answers filters that are not JSON with 500.
    old = "1.11.2" in name or "20.10" in name
    assert with_verdict(results, Verdict.WARN) == ({"LIST-ERROR-STATUS"} if old else set())
    assert asked >= ENOUGH
