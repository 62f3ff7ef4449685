"""The suite judges real daemons: it clears Docker, and names what podman does differently."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from muster.register import requirements

if TYPE_CHECKING:
    from .daemons import Daemon

MUSTER = str(Path(sys.executable).with_name("muster"))
CONFORMS, DOES_NOT_CONFORM = 0, 1
PLANT = ("--plant", "--registry-address", "127.0.0.1:0")
PODMAN = "4.3"
BASELINE = files("muster").joinpath("baselines", f"podman-{PODMAN}.toml")

# What podman 4.3 is known to do, each looked at by hand:
PODMAN_FAILS = {
    "LIST-SCHEMA",  # a digest stands among the RepoTags of an image pulled by digest
    "LIST-ORDER",  # in the order in which images were loaded
    "LIST-DIGESTS",  # status 200 and an empty body (podman#29210)
    "LIST-DANGLING-FALSE",  # with all=1, intermediate images as well
    "LIST-LABEL-KEY",  # keys are patterns
    "LIST-LABEL-VALUE",  # a value with != in it is an unsupported filter
    "LIST-LABEL-EMPTY-VALUE",  # key= is read as key
    "LIST-LABEL-AND",  # in the list form, two labels match nothing (podman#18092)
    "LIST-FILTERS-FORMS",  # in the map form, they match
    "LIST-FILTERS-EMPTY",  # an empty value is malformed JSON
    "LIST-FILTER-NAME",  # any trailing part of the name will do
    "LIST-FILTER-NARROWS",  # RepoTags are shown whole
    "LIST-FIRST-VALUE",  # the last wins
    "HTTP-VERSION-TOO-NEW",  # any version is served
    "FUZZ-MEDIA-TYPE",  # the empty answer to digests=1 has none
}

# At podman's own version, filter and its faults give place to reference and its.
FAILS_UP_TO_1_24 = {"LIST-FILTER-NAME", "LIST-FILTER-NARROWS"}
FAILS_FROM_1_25 = {
    "LIST-FILTER-IGNORED",  # filter is honoured at every version
    "LIST-REFERENCE-NAME",  # any trailing part of the name will do
    "LIST-REFERENCE-NARROWS",  # RepoTags are shown whole
    "LIST-REFERENCE-OR",  # in the list form, two references match nothing
    "LIST-NOT-CALCULATED",  # SharedSize and Containers are 0
}


def check(target: str, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    record = folder / "run.json"
    command = [MUSTER, "check", target, "--json", str(record), *options]
    done = subprocess.run(command, check=False, timeout=120)
    run: dict[str, Any] = json.loads(record.read_text())
    return done.returncode, run


def by_verdict(run: dict[str, Any], verdict: str) -> set[str]:
    return {result["requirement"] for result in run["results"] if result["verdict"] == verdict}


@pytest.mark.parametrize(("seed", "plant"), [("0", ()), ("1", PLANT)], ids=["read-only", "planted"])
def test_docker_conforms_at_every_version(
    dockerd: Daemon, tmp_path: Path, seed: str, plant: tuple[str, ...]
) -> None:
    before = dockerd.images(all="1")
    status, run = check(dockerd.url, tmp_path, "--api-version", "all", "--seed", seed, *plant)

    assert (status, by_verdict(run, "fail")) == (CONFORMS, set())
    versions = {result["api_version"] for result in run["results"]}
    assert versions == {"1.23", "1.24", "1.25", "1.41"}
    planted = {result["requirement"] for result in run["results"]} & {"PLANT-TAG", "PLANT-DIGESTS"}
    assert len(planted) == (2 if plant else 0)
    assert sorted(image["Id"] for image in dockerd.images(all="1")) == sorted(
        image["Id"] for image in before
    )
    # Docker before 23.0 says 500 to filters that are not JSON.
    assert by_verdict(run, "warn") == {"LIST-ERROR-STATUS"}
    assert by_verdict(run, "inconclusive") == set()


def test_docker_conforms_over_its_socket(dockerd: Daemon, tmp_path: Path) -> None:
    status, run = check(dockerd.socket, tmp_path, "--max-examples", "20")

    assert (status, by_verdict(run, "fail")) == (CONFORMS, set())


def test_podman_does_not_conform(podman: Daemon, tmp_path: Path) -> None:
    status, run = check(podman.url, tmp_path, "--api-version", "1.23", *PLANT)

    assert status == DOES_NOT_CONFORM
    assert by_verdict(run, "fail") == PODMAN_FAILS


def test_podman_does_not_conform_at_its_newest_version(podman: Daemon, tmp_path: Path) -> None:
    status, run = check(podman.url, tmp_path)

    assert (status, run["api_version"]) == (DOES_NOT_CONFORM, "1.41")
    assert by_verdict(run, "fail") == (PODMAN_FAILS - FAILS_UP_TO_1_24) | FAILS_FROM_1_25


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--api-version", "1.23", "--strict"),
        ("--api-version", "all", "--seed", "1"),
        ("--api-version", "1.23", "--seed", "2", "--plant"),
    ],
    ids=lambda options: " ".join(options) or "default",
)
def test_podman_has_no_failure_that_the_example_of_a_baseline_does_not_know(
    podman: Daemon, tmp_path: Path, options: tuple[str, ...]
) -> None:
    status, run = check(podman.url, tmp_path, "--baseline", str(BASELINE), *options)

    failed = [result for result in run["results"] if result["verdict"] == "fail"]
    assert failed
    assert [result["requirement"] for result in failed if not result["known"]] == []
    assert (status, run["baseline"]["problems"]) == (CONFORMS, [])


def test_the_register_knows_what_podman_fails(podman: Daemon, tmp_path: Path) -> None:
    failed: set[str] = set()
    for version in ("1.23", "1.41"):
        _, run = check(podman.url, tmp_path, "--api-version", version, *PLANT)
        failed |= by_verdict(run, "fail") | by_verdict(run, "warn")

    known = {each.id for each in requirements().values() if f"podman {PODMAN}" in each.seen}
    assert failed == known


def test_podmans_empty_answer_to_digests_is_named(podman: Daemon, tmp_path: Path) -> None:
    _, run = check(podman.url + "/v1.23", tmp_path, "--only", "LIST-DIGESTS")

    [result] = run["results"]
    assert "empty body" in result["message"]
    assert result["reproduce"][0].endswith("/v1.23/images/json?digests=1'")


def test_podmans_unnarrowed_tags_are_named(podman: Daemon, tmp_path: Path) -> None:
    _, run = check(podman.url + "/v1.23", tmp_path, "--only", "LIST-FILTER-NARROWS")

    [result] = run["results"]
    expected, came = result["difference"][:2]
    assert expected.startswith("- RepoTags of sha256:")
    assert came.startswith("+ RepoTags of sha256:")
    assert len(came) > len(expected)


@pytest.mark.parametrize("engine", ["dockerd", "podman"])
def test_reproductions_show_what_the_suite_saw(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    daemon: Daemon = request.getfixturevalue(engine)
    _, run = check(daemon.url, tmp_path, "--max-examples", "20")
    shown = [
        (command, exchange["response"]["status"])
        for result in run["results"]
        for command, exchange in zip(result["reproduce"], result["exchanges"], strict=True)
    ]

    assert shown
    for command, status in shown:
        done = subprocess.run(command, shell=True, capture_output=True, check=True)  # noqa: S602 - as pasted
        assert done.stdout.split()[1] == str(status).encode(), command


def test_the_readme_shows_a_real_finding(podman: Daemon) -> None:
    command = [MUSTER, "check", podman.url + "/v1.23", "--only", "LIST-DIGESTS"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    finding = printed.replace(podman.url.removeprefix("tcp://"), "127.0.0.1:2375").split("\n\n")[1]

    assert f"```\n{finding}\n```" in (Path(__file__).parents[2] / "README.md").read_text()
