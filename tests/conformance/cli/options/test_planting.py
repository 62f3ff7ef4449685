"""Planting as users ask for it, on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muster.errors import UsageError
from muster.model.exchange import Request, Response
from muster.planting import planted_file
from muster.planting.docker_archive import build
from muster.planting.fixtures import FIXTURES, many
from muster.planting.session import PlantingOptions
from muster.planting.signals import SIGNALS
from muster.register.requirements import Need, requirements
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.servers import PATIENCE, Served, served
from tests.mutants.planted import CutsOffAt256
from tests.mutants.pulled import PullsWithoutDigest
from tests.mutants.stand_in import StandIn

ALL = len(requirements())
"""Requirements that are checked."""

QUICK = ("--api-version", "1.23", "--max-examples", "1")
PULL = ("--plant", "--registry-address", "127.0.0.1:0")


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


def verdicts(file: Path) -> dict[str, tuple[str, str]]:
    run = json.loads(file.read_text())
    return {each["requirement"]: (each["verdict"], each["message"]) for each in run["results"]}


def only(*names: str) -> list[str]:
    return [word for name in names for word in ("--only", name)]


def test_planted_images_are_checked_and_deleted(muster: Muster) -> None:
    stand_in = StandIn()
    before = [dict(each) for each in stand_in.images]
    with served(stand_in) as server:
        ended = muster("check", server.target, "--plant", *only("PLANT-LISTED", "LIST-ORDER"))
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1] == (
        f"CONFORMS: 2 requirements met, none failed. 2 of {ALL} requirements checked."
    )
    assert stand_in.images == before
    assert {line.split()[0] for line in server.seen} == {"GET", "POST", "DELETE"}


def test_without_plant_the_server_is_not_changed(muster: Muster) -> None:
    with served(StandIn()) as server:
        ended = muster("check", server.target, "--max-examples", 4)
    assert ended.status == 0
    assert {line.split()[0] for line in server.seen} == {"GET", "HEAD"}


def test_requirements_on_planted_images_need_plant(muster: Muster, tcp: Served) -> None:
    ended = muster("check", tcp.target, "--only", "PLANT-LISTED")
    assert ended.status == 2
    assert "only with --plant can be checked of what was selected: PLANT-LISTED" in ended.err


def test_plant_many_plants_hundreds_of_images(muster: Muster, tmp_path: Path) -> None:
    stand_in = CutsOffAt256()
    before = len(stand_in.images)
    with served(stand_in) as server:
        ended = muster(
            "check",
            server.target,
            *("--plant", "--plant-many", 300, *only("PLANT-MANY")),
            *("--json", tmp_path / "run.json"),
        )
    assert ended.status == 1
    verdict, message = verdicts(tmp_path / "run.json")["PLANT-MANY"]
    assert verdict == "fail"
    assert message.endswith("of 300 images that are alike are not listed")
    assert len(stand_in.images) == before


def test_images_are_pulled_from_the_built_in_registry(muster: Muster) -> None:
    names = only("PLANT-DIGESTS", "PLANT-DIGEST-ONLY", "PLANT-PULLED", "LIST-DIGEST-ONLY")
    stand_in = StandIn()
    before = [dict(each) for each in stand_in.images]
    with served(stand_in) as server:
        ended = muster("check", server.target, *PULL, *names)
    assert (ended.status, ended.err) == (0, "")
    assert "CONFORMS: 3 requirements met, none failed." in ended.out
    assert stand_in.images == before
    with served(PullsWithoutDigest()) as server:
        assert muster("check", server.target, *PULL, *names).status == 1


def test_a_server_that_cannot_pull_is_not_accused(muster: Muster, tmp_path: Path) -> None:
    class DoesNotPull(StandIn):
        def pulled(self, parameters: dict[str, str]) -> Response:
            return self.error(404, "404 page not found")

    names = only("PLANT-DIGESTS", "PLANT-LISTED")
    with served(DoesNotPull()) as server:
        ended = muster("check", server.target, *PULL, *names, "--json", tmp_path / "run.json")
    assert ended.status == 0
    found = verdicts(tmp_path / "run.json")
    assert found["PLANT-LISTED"][0] == "pass"
    assert found["PLANT-DIGESTS"][0] == "inconclusive"
    assert "the server does not pull images" in found["PLANT-DIGESTS"][1]


def test_failed_planting_checks_the_rest_and_gives_status_3(muster: Muster, tmp_path: Path) -> None:
    class Full(StandIn):
        def loaded(self, archive: bytes) -> Response:
            super().loaded(archive)
            return self.error(500, "no space left")

    stand_in = Full()
    before = [dict(each) for each in stand_in.images]
    names = only("PLANT-LISTED", "PLANT-TAG", "LIST-ORDER")
    with served(stand_in) as server:
        ended = muster("check", server.target, "--plant", *names, "--json", tmp_path / "run.json")
    assert ended.status == 3
    found = verdicts(tmp_path / "run.json")
    assert found["LIST-ORDER"][0] == "pass"
    assert found["PLANT-TAG"] == found["PLANT-LISTED"]
    verdict, message = found["PLANT-LISTED"]
    assert verdict == "blocked"
    assert "could not be loaded: status 500: no space left." in message
    assert stand_in.images == before, "what was loaded in part is removed"


def test_images_that_could_not_be_deleted_are_reported(muster: Muster) -> None:
    class Keeps(StandIn):
        def removed(self, name: str) -> Response:
            return self.error(409, "in use")

    with served(Keeps()) as server:
        ended = muster("check", server.target, "--plant", *only("LIST-ORDER"))
    assert ended.status == 0
    lines = ended.err.splitlines()
    assert len(lines) == len(FIXTURES)
    assert all(line.startswith("muster: could not be deleted: sha256:") for line in lines)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--plant-many", "3"], "--plant-many needs --plant, which allows to change the server"),
        (["--registry-address", "127.0.0.1:0"], "--registry-address needs --plant"),
        (["--plant", "--registry-address", "127.0.0.1"], "write HOST:PORT, for example"),
        (["--plant", "--registry-address", "192.0.2.1:0"], "cannot listen there"),
        (["--plant", "--planted", "x.json"], "give one of them"),
        (["--planted", "nowhere.json"], "--planted nowhere.json: No such file"),
    ],
)
def test_contradictory_planting_options_are_refused(
    muster: Muster, tcp: Served, options: list[str], told: str
) -> None:
    before = len(tcp.seen)
    ended = muster("check", tcp.target, *options)
    assert ended.status == 2
    assert told in ended.err
    assert {line.split()[0] for line in tcp.seen[before:]} <= {"GET"}


def test_default_planting_options_provide_nothing() -> None:
    assert PlantingOptions().provided == set()
    assert PlantingOptions(plant=True).provided == {
        Need.PLANTED,
        Need.CHANGES,
        Need.PLATFORMS,
    }
    everything = PlantingOptions(plant=True, many=1, registry_address="127.0.0.1:0")
    assert everything.provided == set(Need) - {Need.SIGNED}


# --- planted by hand ------------------------------------------------------------------------------


@pytest.fixture
def by_hand_(muster: Muster, tmp_path: Path) -> tuple[StandIn, Path]:
    """Serve the images of `muster fixtures`; return the server and the file that lists them."""
    archive, file = tmp_path / "out.tar", tmp_path / "out.json"
    ended = muster("fixtures", archive, "--planted", file, "--many", 3)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    stand_in = StandIn()
    stand_in.loaded(archive.read_bytes())
    return stand_in, file


def test_hand_planted_images_are_checked_and_not_changed(
    muster: Muster, by_hand_: tuple[StandIn, Path], tmp_path: Path
) -> None:
    stand_in, file = by_hand_
    before = [dict(each) for each in stand_in.images]
    with served(stand_in) as server:
        ended = muster(
            "check", server.target, "--planted", file, *QUICK, "--json", tmp_path / "run.json"
        )
    assert ended.status == 0
    found = verdicts(tmp_path / "run.json")
    assert {"PLANT-LISTED", "PLANT-TAGS", "PLANT-LABELS", "PLANT-MANY"} <= found.keys()
    assert {found[name][0] for name in found if name.startswith("PLANT")} == {"pass"}
    assert "PLANT-TAG" not in found
    assert stand_in.images == before
    assert {line.split()[0] for line in server.seen} == {"GET", "HEAD"}


def test_the_fixture_archive_can_be_written_alone(muster: Muster, tmp_path: Path) -> None:
    assert muster("fixtures", tmp_path / "out.tar").status == 0
    assert (tmp_path / "out.tar").read_bytes() == build("fixtures").data


def test_missing_hand_planted_images_are_a_failure(
    muster: Muster, tcp: Served, by_hand_: tuple[StandIn, Path]
) -> None:
    ended = muster("check", tcp.target, "--planted", by_hand_[1], *only("PLANT-LISTED"))
    assert ended.status == 1
    assert "is listed 0 times" in ended.out


def test_the_fixtures_command_uses_its_own_namespace(
    by_hand_: tuple[StandIn, Path], tmp_path: Path
) -> None:
    archive = build("fixtures", (*FIXTURES, *many(3)))
    assert (tmp_path / "out.tar").read_bytes() == archive.data
    assert planted_file.read(by_hand_[1]).images == archive.images


@pytest.mark.parametrize("options", [(), ("--planted", "none/out.json")])
def test_an_unwritable_file_is_reported(
    muster: Muster, tmp_path: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = "out.tar" if options else "none/out.tar"
    ended = muster("fixtures", out, *options)
    assert ended.status == 2
    file = options[-1] if options else out
    assert ended.err == f"muster: {file} cannot be written: No such file or directory\n"


def test_an_invalid_planted_file_is_refused_before_any_request(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match="not a file of `muster fixtures"):
        PlantingOptions(planted=tmp_path / "x.json").validate()


# --- interrupted ----------------------------------------------------------------------------------


class Slow(StandIn):
    """Signals a request that starts with *begins*, and answers it after a delay."""

    def __init__(self, begins: str) -> None:
        super().__init__()
        self.begins = begins
        self.reached = False

    def answer(self, request: Request) -> Response | None:
        if f"{request.method} {request.target}".startswith(self.begins) and names(self.images):
            self.reached = True
            time.sleep(0.05)
        return super().answer(request)

    def loaded(self, archive: bytes) -> Response:
        if self.begins == "load":
            self.reached = True
            time.sleep(0.3)
        return super().loaded(archive)


def names(images: list[dict[str, Any]]) -> set[str]:
    return {tag for each in images for tag in each["RepoTags"] or () if "muster.test" in tag}


MOMENTS = ["load", "POST /images/create", "GET /images/json?all=1", "POST /images/mu", "DELETE"]


@pytest.mark.parametrize(
    ("begins", "number"),
    [
        *((begins, signal.SIGINT) for begins in MOMENTS),
        *((MOMENTS[2], each) for each in SIGNALS[1:]),
    ],
)
def test_an_interruption_at_any_time_deletes_the_planted_images(
    begins: str, number: signal.Signals
) -> None:
    stand_in = Slow(begins)
    before = [dict(each) for each in stand_in.images]
    with served(stand_in) as server:
        command = [Path(sys.executable).with_name("muster"), "check", str(server.target)]
        process = subprocess.Popen(
            [*map(str, command), *PULL, *QUICK],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_signals,  # noqa: PLW1509 - this process has no threads that fork minds
        )
        deadline = time.monotonic() + 3 * PATIENCE
        while not stand_in.reached and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(number)
        process.send_signal(number)
        _, err = process.communicate(timeout=3 * PATIENCE)
    assert process.returncode == 130
    assert "muster: interrupted; deleting the fixture images first\n" in err
    assert stand_in.images == before


@pytest.mark.usefixtures("heeding")
def test_an_interruption_is_reported_immediately(muster: Muster) -> None:
    class Interrupts(StandIn):
        def loaded(self, archive: bytes) -> Response:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().loaded(archive)

    stand_in = Interrupts()
    before = [dict(each) for each in stand_in.images]
    with served(stand_in) as server:
        ended = muster("check", server.target, "--plant", *QUICK)
    assert ended.status == 130
    assert ended.err.startswith("muster: interrupted; deleting the fixture images first\n")
    assert stand_in.images == before


@pytest.fixture
def heeding() -> Iterator[None]:
    """Handle SIGTERM, since a parent process may have ignored it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


def _heed_signals() -> None:
    """Undo what the parent may have ignored."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    os.setpgid(0, 0)
