"""Every real server, at every version: what is found there is explained, and told on a page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from muster.baseline import DEPARTED
from muster.register import requirements
from muster.reports.recorded import Record
from muster.verdict import Verdict

from . import results, sweep
from .conftest import DOCKER, PODMAN, required_daemon

ROOT = Path(__file__).parents[2]
LINK = re.compile(
    r"https://github\.com/[\w-]+/[\w-]+/(?:issues/\d+|pull/\d+|blob/v[\d.]+/[\w/.-]+#L\d+)"
)
RECORDED = ["Docker 1.11.2", "Docker 29, containerd store"]
SERVERS = {server.name: server for server in sweep.SERVERS}


@dataclass(frozen=True)
class Swept:
    """What a sweep came to.

    Attributes:
        status: its exit status.
        told: what it wrote to standard error.
        records: the records of each server's runs.
    """

    status: int
    told: str
    records: dict[str, Sequence[Record]]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """One sweep for all tests: it takes minutes."""
    required_daemon("dockerd", DOCKER)
    required_daemon("podman", PODMAN)
    folder = tmp_path_factory.mktemp("sweep")
    # A process of its own, so that nobody measures its coverage, which would double the time.
    done = subprocess.run(
        [sys.executable, "-m", "tests.peers.sweep", "--check", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        columns = [server.column(folder) for server in sweep.SERVERS]
    except Exception as e:
        raise AssertionError(done.stderr) from e
    return Swept(done.returncode, done.stderr, {each.name: each.records for each in columns})


def departures(records: Sequence[Record], verdict: Verdict) -> set[str]:
    return {each.requirement for record in records for each in record.of(verdict)}


def test_every_departure_is_explained_and_the_page_is_what_was_found(swept: Swept) -> None:
    assert (swept.status, swept.told) == (0, "")


@pytest.mark.parametrize("name", SERVERS)
def test_every_run_came_to_its_end(swept: Swept, name: str) -> None:
    for record in swept.records[name]:
        assert record.trouble == ""
        assert record.results
        assert record.of(Verdict.BLOCKED) == []


@pytest.mark.parametrize("plant", [False, True], ids=["read-only", "planted"])
def test_docker_meets_every_must_at_every_version(swept: Swept, plant: bool) -> None:
    records = [each for each in swept.records["Docker 20.10"] if each.options.plant == plant]

    assert {each.api_version for each in records} == {f"1.{minor}" for minor in range(23, 42)}
    assert {each.seed for each in records} == {0, 1, 2, 3, 4}
    assert departures(records, Verdict.FAIL) == set()
    # Docker before 23.0 says 500 to filters that are not JSON.
    assert departures(records, Verdict.WARN) == {"LIST-ERROR-STATUS"}


@pytest.mark.parametrize(
    ("plant", "versions"),
    [(False, {"1.23", "1.24", "1.25", "1.41"}), (True, {"1.23", "1.41"})],
    ids=["read-only", "planted"],
)
def test_podman_is_checked_with_five_seeds(swept: Swept, plant: bool, versions: set[str]) -> None:
    records = [each for each in swept.records["podman 4.3"] if each.options.plant == plant]

    assert {each.api_version for each in records} == versions
    assert {each.seed for each in records} == {0, 1, 2, 3, 4}
    assert departures(records, Verdict.FAIL)


@pytest.mark.parametrize("name", ["Docker 1.11.2", "Docker 29", "musterd"])
def test_no_must_is_failed_by_who_meets_them_all(swept: Swept, name: str) -> None:
    assert departures(swept.records[name], Verdict.FAIL) == set()


def test_the_register_knows_what_podman_departs_from(swept: Swept) -> None:
    found = {
        each.requirement for record in swept.records["podman 4.3"] for each in record.of(*DEPARTED)
    }
    sometimes = {each.id for each in SERVERS["podman 4.3"].known().entries if each.sometimes}
    known = {each.id for each in requirements().values() if f"podman {PODMAN}" in each.seen}

    assert found - sometimes <= known <= found | sometimes


@pytest.mark.parametrize("name", ["Docker 20.10", "podman 4.3", *RECORDED])
def test_every_known_departure_links_to_its_issue_or_its_source(name: str) -> None:
    entries = SERVERS[name].known().entries

    assert entries
    assert [each.id for each in entries if not LINK.fullmatch(each.link)] == []


def test_every_cell_that_departs_leads_to_what_shows_it() -> None:
    page = results.PAGE.read_text()
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 _-]", "", each.lower()).replace(" ", "-") for each in headings}

    assert anchors
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == anchors
