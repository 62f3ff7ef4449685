"""`st run` as it comes, with the document and the configuration of `muster openapi`.

On correct servers it finds nothing; of faulty ones, those faults that a single answer shows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.support.servers import served
from tests.mutants import answers
from tests.mutants.mutant import Mutant
from tests.mutants.stand_in import StandIn

if TYPE_CHECKING:
    from .daemons import Daemon

PROGRAMS = Path(sys.executable).parent
SECONDS = 300
FAULTS = [
    *(answers.CreatedIsText, answers.SendsText, answers.WrapsTheList, answers.SizeIsMinusOne),
    *(answers.DigestsAnswersEmpty, answers.LeavesOutVirtualSize),
]

Fuzz = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fuzz(tmp_path: Path) -> Fuzz:
    """Do what the page tells to do, and give how `st run` ended."""

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAMS / program, *arguments],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def fuzz(version: str, url: str, *options: str) -> subprocess.CompletedProcess[str]:
        for arguments in (
            (version, "--shape", "fuzz", "--output", "images.yaml"),
            ("schemathesis", "--output", "schemathesis.toml"),
        ):
            assert run("muster", "openapi", *arguments).returncode == 0
        address = f"{url.replace('tcp', 'http', 1)}/v{version}"
        return run("st", "run", "images.yaml", "--url", address, "--max-examples", "20", *options)

    return fuzz


@pytest.mark.parametrize("version", ["1.23", "1.41"])
def test_schemathesis_finds_no_fault_in_dockerd(dockerd: Daemon, fuzz: Fuzz, version: str) -> None:
    before = dockerd.images(all="1")
    done = fuzz(version, dockerd.url)

    assert done.returncode == 0, done.stdout
    assert sorted(str(image) for image in dockerd.images(all="1")) == sorted(map(str, before))


@pytest.mark.parametrize("version", ["1.23", "1.43", "1.56"])
def test_schemathesis_finds_no_fault_in_musterd(
    musterd: Callable[[list[dict[str, Any]]], str], dockerd: Daemon, fuzz: Fuzz, version: str
) -> None:
    done = fuzz(version, musterd(dockerd.images(all="1")))

    assert done.returncode == 0, done.stdout


def test_schemathesis_sends_only_reading_requests(fuzz: Fuzz) -> None:
    with served(StandIn()) as server:
        done = fuzz("1.23", str(server.target), "--include-path", "/images/json")

    assert done.returncode == 0, done.stdout
    assert {line.partition(" ")[0] for line in server.seen} == {"GET"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_schemathesis_finds_faults_visible_in_a_single_response(
    fuzz: Fuzz, fault: type[Mutant]
) -> None:
    with served(fault()) as server:
        done = fuzz("1.23", str(server.target), "--include-path", "/images/json")

    assert done.returncode == 1, done.stdout
    assert "GET /images/json" in done.stdout
