"""The suite on real daemons; `make results` checks every version with five seeds."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from muster.record import load

from . import results, results_pages

if TYPE_CHECKING:
    from tools.engines import Daemon

MUSTER = str(Path(sys.executable).with_name("muster"))
CONFORMS = 0
PLANT = ("--plant", "--registry-address", "127.0.0.1:0")
QUICK = ("--max-examples", "5")
PODMAN = "4.3"
PAGE = Path(__file__).parents[2] / "docs" / "check-a-server.md"
BASELINE = files("muster").joinpath("baselines", f"podman-{PODMAN}.toml")


def check(target: str, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    record = folder / "run.json"
    command = [MUSTER, "check", target, "--json", str(record), *options]
    done = subprocess.run(command, check=False, timeout=600)
    run: dict[str, Any] = json.loads(record.read_text())
    return done.returncode, run


def page_of(server: str) -> Path:
    return results_pages.FOLDER / f"{server}.md"


def unsaid(server: str, folder: Path) -> list[str]:
    """Return the findings of the last check of *server* that its page does not list."""
    return results.unsaid(page_of(server).read_text(), load.read(folder / "run.json"))


def by_verdict(run: dict[str, Any], verdict: str) -> set[str]:
    return {result["requirement"] for result in run["results"] if result["verdict"] == verdict}


def test_docker_conforms_at_every_version_and_is_not_changed(
    dockerd: Daemon, tmp_path: Path
) -> None:
    before = dockerd.images(all="1")
    status, run = check(dockerd.url, tmp_path, "--api-version", "all", *PLANT, *QUICK)

    assert (status, by_verdict(run, "fail"), by_verdict(run, "blocked")) == (CONFORMS, set(), set())
    # Docker before 23.0 answers filters that are not JSON with 500.
    assert by_verdict(run, "warn") == {"LIST-ERROR-STATUS"}
    assert {result["api_version"] for result in run["results"]} == {"1.23", "1.24", "1.25", "1.41"}
    assert sorted(image["Id"] for image in dockerd.images(all="1")) == sorted(
        image["Id"] for image in before
    )
    assert unsaid("docker-20.10", tmp_path) == []


def test_docker_lists_hundreds_of_images_and_is_not_changed(
    dockerd: Daemon, tmp_path: Path
) -> None:
    before = len(dockerd.images(all="1"))
    status, run = check(
        dockerd.url, tmp_path, *PLANT, "--plant-many", "300", "--only", "PLANT-MANY"
    )

    assert (status, by_verdict(run, "pass")) == (CONFORMS, {"PLANT-MANY"})
    assert len(dockerd.images(all="1")) == before


def test_docker_conforms_over_its_socket(dockerd: Daemon, tmp_path: Path) -> None:
    status, run = check(dockerd.socket, tmp_path, *QUICK)

    assert (status, by_verdict(run, "fail")) == (CONFORMS, set())


def test_the_example_baseline_covers_podmans_departures(podman: Daemon, tmp_path: Path) -> None:
    options = ("--api-version", "1.41", "--strict", *QUICK)
    status, run = check(podman.url, tmp_path, *options, "--baseline", str(BASELINE))

    assert by_verdict(run, "fail")
    assert run["baseline"]["problems"] == []
    assert status == CONFORMS
    assert unsaid("podman-4.3", tmp_path) == []


def test_an_outdated_results_page_is_detected(podman: Daemon, tmp_path: Path) -> None:
    check(podman.url + "/v1.23", tmp_path, "--only", "LIST-DIGESTS", *QUICK)
    made = load.read(tmp_path / "run.json")
    page = page_of("podman-4.3").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `LIST-DIGESTS` "))

    assert results.unsaid(page, made) == []
    met = page.replace(row, "| `LIST-DIGESTS` | met |")
    assert results.unsaid(met, made) == ["LIST-DIGESTS fails at 1.23: met"]
    gone = page.replace(row, "")
    assert results.unsaid(gone, made) == ["LIST-DIGESTS was not checked"]


def test_podmans_empty_response_to_digests_is_reported(podman: Daemon, tmp_path: Path) -> None:
    _, run = check(podman.url + "/v1.23", tmp_path, "--only", "LIST-DIGESTS", *QUICK)

    [result] = run["results"]
    assert "empty body" in result["message"]
    assert result["reproduce"][0].endswith("/v1.23/images/json?digests=1'")


def test_podmans_unnarrowed_tags_are_reported(podman: Daemon, tmp_path: Path) -> None:
    _, run = check(podman.url + "/v1.23", tmp_path, "--only", "LIST-FILTER-NARROWS", *QUICK)

    [result] = run["results"]
    expected, came = result["difference"][:2]
    assert expected.startswith("- RepoTags of sha256:")
    assert came.startswith("+ RepoTags of sha256:")
    assert len(came) > len(expected)


@pytest.mark.parametrize("engine", ["dockerd", "podman"])
def test_reproduction_commands_show_what_the_suite_saw(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    daemon: Daemon = request.getfixturevalue(engine)
    _, run = check(daemon.url, tmp_path, *QUICK)
    shown = [
        (command, exchange["response"]["status"])
        for result in run["results"]
        for command, exchange in zip(result["reproduce"], result["exchanges"], strict=True)
    ]

    assert shown
    for command, status in shown:
        done = subprocess.run(command, shell=True, capture_output=True, check=True)  # noqa: S602 - as pasted
        assert done.stdout.split()[1] == str(status).encode(), command


def test_the_documentation_shows_a_real_finding(podman: Daemon) -> None:
    command = [MUSTER, "check", podman.url + "/v1.23", "--only", "LIST-DIGESTS", *QUICK]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    finding = printed.replace(podman.url.removeprefix("tcp://"), "127.0.0.1:2375").split("\n\n")[1]

    assert f"```\n{finding}\n```" in PAGE.read_text()
