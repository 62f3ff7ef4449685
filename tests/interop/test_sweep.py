"""The checks of a sweep, and the pages that it writes.

The sweep itself takes an hour or two: `make results` runs it, and fails if a departure is not
explained.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.engines import ENGINES

from . import results_pages, servers, sweep
from .support.sweep_plan import Wanted

LINK = re.compile(
    r"https://github\.com/[\w-]+/[\w-]+/"
    r"(?:issues/\d+|pull/\d+|blob/(?:common/)?v[\d.]+/[\w/.-]+(?:#L\d+)?)"
)
SERVERS = {server.name: server for server in servers.SERVERS}
SEEDS = {0, 1, 2, 3, 4}


@pytest.mark.parametrize("plant", [False, True], ids=["read-only", "planted"])
def test_docker_20_10_is_checked_at_every_version_and_with_five_seeds(plant: bool) -> None:
    runs = [each for each in SERVERS["Docker 20.10"].runs if each.plant == plant]

    assert {each.version for each in runs} == {f"1.{minor}" for minor in range(23, 42)}
    assert {each.seed for each in runs if each.version == "1.41"} == SEEDS


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("plant", [False, True], ids=["read-only", "planted"])
def test_every_engine_is_checked_with_five_seeds_at_its_newest_version(
    engine: object, plant: bool
) -> None:
    [title] = [each.title for each in ENGINES if each is engine]
    runs = [each for each in SERVERS[title].runs if each.plant == plant]
    newest = max(runs, key=lambda each: int(each.version.partition(".")[2])).version

    # podman 3.0 takes minutes for a planted run.
    slow = plant and title == "podman 3.0"
    assert slow or {each.seed for each in runs if each.version == newest} == SEEDS


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_ci_checks_every_engine(engine: object) -> None:
    [title] = [each.title for each in ENGINES if each is engine]

    assert SERVERS[title].some


def test_ci_checks_docker_at_every_version() -> None:
    runs = [each for each in SERVERS["Docker 20.10"].some if not each.plant]

    assert {each.version for each in runs} == {f"1.{minor}" for minor in range(23, 42)}
    assert {each.seed for each in runs} == SEEDS


@pytest.mark.parametrize("server", servers.SERVERS, ids=lambda server: server.name)
def test_no_run_is_repeated(server: servers.Server) -> None:
    assert len({run.name for run in server.runs}) == len(server.runs)


@pytest.mark.parametrize("server", servers.SERVERS, ids=lambda server: server.name)
def test_ci_makes_only_runs_shown_on_the_pages(server: servers.Server) -> None:
    assert {run.version for run in server.some} <= {run.version for run in server.runs}


def test_a_run_with_an_existing_record_is_not_repeated(tmp_path: Path) -> None:
    runs = [Wanted("1.23", 0, plant=False), Wanted("1.23", 1, plant=False)]
    folder = tmp_path / "server"
    assert sweep.missing(folder, runs) == runs
    (folder / runs[0].name).write_text("{}")

    assert sweep.missing(folder, runs) == runs[1:]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_known_departure_links_to_its_issue_or_its_source(engine: object) -> None:
    [title] = [each.title for each in ENGINES if each is engine]
    entries = SERVERS[title].known().entries

    assert entries
    assert [each.id for each in entries if not LINK.fullmatch(each.link)] == []


def headings(page: Path) -> set[str]:
    return {each.lower() for each in re.findall(r"^## (\S+)$", page.read_text(), re.MULTILINE)}


def test_every_departing_cell_links_to_its_finding() -> None:
    found = re.findall(r"\]\(results/([^)#]+)#([^)]+)\)", results_pages.PAGE.read_text())

    assert found
    assert [each for each in found if each[1] not in headings(results_pages.FOLDER / each[0])] == []


@pytest.mark.parametrize("server", servers.SERVERS, ids=lambda server: server.name)
def test_every_server_has_a_page_with_valid_links(server: servers.Server) -> None:
    page = results_pages.FOLDER / results_pages.file_of(server.name)
    links = re.findall(r"\]\(#([^)]+)\)", page.read_text())

    assert set(links) == headings(page)
    assert f"]({results_pages.FOLDER.name}/{page.name})" in results_pages.PAGE.read_text()
