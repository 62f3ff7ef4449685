"""The checks of a sweep, and the page that it writes.

The sweep itself takes many minutes: `make results` runs it, and fails if a departure is not
explained.
"""

from __future__ import annotations

import re

import pytest

from . import results, sweep

LINK = re.compile(
    r"https://github\.com/[\w-]+/[\w-]+/(?:issues/\d+|pull/\d+|blob/v[\d.]+/[\w/.-]+#L\d+)"
)
SERVERS = {server.name: server for server in sweep.SERVERS}
SEEDS = {0, 1, 2, 3, 4}


@pytest.mark.parametrize("plant", [False, True], ids=["read-only", "planted"])
def test_docker_is_checked_at_every_version_and_with_five_seeds(plant: bool) -> None:
    runs = [each for each in SERVERS["Docker 20.10"].runs if each.plant == plant]

    assert {(each.version, each.seed) for each in runs} == {
        (f"1.{minor}", seed) for minor in range(23, 42) for seed in SEEDS
    }


@pytest.mark.parametrize(
    ("plant", "versions"),
    [(False, {"1.23", "1.24", "1.25", "1.41"}), (True, {"1.23", "1.41"})],
    ids=["read-only", "planted"],
)
def test_podman_is_checked_with_five_seeds(plant: bool, versions: set[str]) -> None:
    runs = [each for each in SERVERS["podman 4.3"].runs if each.plant == plant]

    assert {(each.version, each.seed) for each in runs} == {
        (version, seed) for version in versions for seed in SEEDS
    }


@pytest.mark.parametrize("plant", [False, True], ids=["read-only", "planted"])
def test_ci_checks_docker_at_every_version(plant: bool) -> None:
    runs = [each for each in SERVERS["Docker 20.10"].some if each.plant == plant]

    assert {each.version for each in runs} == {f"1.{minor}" for minor in range(23, 42)}
    assert {each.seed for each in runs} == SEEDS


@pytest.mark.parametrize("server", sweep.SERVERS, ids=lambda server: server.name)
def test_ci_makes_no_run_that_the_page_does_not_stand_on(server: sweep.Server) -> None:
    assert {run.version for run in server.some} <= {run.version for run in server.runs}


@pytest.mark.parametrize("name", ["Docker 20.10", "podman 4.3", "Docker 29, containerd store"])
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
