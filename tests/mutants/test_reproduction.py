"""Every command in a report reproduces the fault without Muster."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from muster.cli.main import commands
from muster.model.version import ApiVersion
from muster.planting.session import PlantingOptions, planted
from muster.record.build import build_record, dumps
from muster.register.requirements import Level, Need
from muster.register.verdict import Verdict
from muster.suite.plan import Plan
from muster.suite.results import Options, Run, Session
from muster.suite.suite import run_suite
from muster.transport.transport import Transport
from tests.conformance.support.servers import PATIENCE, served

from . import reads
from .matrix import MUTANTS, REGISTER
from .mutant import Mutant
from .wire import ChanceMutant

ATTEMPTS = 40
"""How often a server is asked that answers the same request in different ways."""

pytestmark = pytest.mark.usefixtures("curl_program", "uncovered")


def asked_again(command: str) -> tuple[str, bytes]:
    """Return the status line and body that *command* prints; empty ones without an answer."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], check=False, capture_output=True, timeout=PATIENCE
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return head.decode("latin-1").partition("\r\n")[0], body


def shows(command: str, exchange: dict[str, Any]) -> bool:
    """Whether *command* has the answer that is recorded in *exchange*."""
    status, body = asked_again(command)
    response = exchange["response"]
    if response is None:
        return status == ""
    if exchange["request"]["method"] == "HEAD":
        return status.split()[1:2] == [str(response["status"])]
    text = body.decode("utf-8", "replace")
    same = text.startswith(response["body"]) and len(body) == response["size"]
    return same and status.split()[1:2] == [str(response["status"])]


def recorded(run: Run, options: Options) -> dict[str, Any]:
    made = json.loads(dumps(build_record(Session([run], options), REGISTER, "0")))
    (result,) = made["results"]
    assert isinstance(result, dict)
    return result


def planting(need: Need | None) -> PlantingOptions:
    many = 300 if need is Need.MANY else 0
    address = "127.0.0.1:0" if need is Need.PULLED else ""
    return PlantingOptions(plant=need is not None, many=many, registry_address=address)


FLEETING = {Need.CHANGES, Need.SIGNED}
CONNECTIONS = {"HTTP-AFTER-ERROR", "HTTP-CONCURRENT"}
"""Requirements that are about connections, which each command line opens anew."""
LASTING = [
    mutant
    for mutant in MUTANTS
    if REGISTER[mutant.kills].need not in FLEETING
    and REGISTER[mutant.kills].level is not Level.OBSERVE
    and mutant.kills not in CONNECTIONS
    and not issubclass(mutant, ChanceMutant)
    and mutant.__module__ != reads.__name__
]
"""Those whose fault stays to be seen; others show it only while images are tagged and removed, to
who signs, or by chance, to any request, or alter what they showed before. What is only observed is
no fault."""

CHANGING = [
    mutant
    for mutant in MUTANTS
    if REGISTER[mutant.kills].need is Need.CHANGES
    and REGISTER[mutant.kills].level is not Level.OBSERVE
]


@pytest.mark.parametrize("mutant", LASTING, ids=lambda mutant: mutant.__name__)
def test_every_printed_command_shows_the_fault(mutant: type[Mutant]) -> None:
    version = ApiVersion.parse(mutant.version)
    requirement = REGISTER[mutant.kills]
    plants = planting(requirement.need)
    with (
        served(mutant(mutant.version)) as server,
        plants.prepared() as prepared,
        Transport(server.target, version, PATIENCE, prepared.permission) as transport,
        planted(transport, prepared) as ground,
    ):
        options = Options(max_examples=60)
        plan = Plan(server.target, [version], [requirement], options=options)
        run = run_suite(plan, transport, planted=ground)
        result = recorded(run, Options(only=(requirement.id,)))
        assert result["verdict"] in {Verdict.FAIL, Verdict.WARN}
        assert 1 <= len(result["reproduce"]) <= 2
        for command, exchange in zip(result["reproduce"], result["exchanges"], strict=True):
            assert any(shows(command, exchange) for _ in range(ATTEMPTS)), command


@pytest.mark.parametrize("mutant", CHANGING, ids=lambda mutant: mutant.__name__)
def test_a_printed_replay_reproduces_faults_of_changes(
    mutant: type[Mutant], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run.json"
    with served(mutant(mutant.version)) as server:
        target = f"{server.target}/v{mutant.version}"
        options = ["--only", mutant.kills, "--plant", "--strict", "--json", str(run)]
        assert commands.main(["check", target, *options], standalone_mode=False) == 1
        (line,) = (
            line for line in capsys.readouterr().out.splitlines() if "$ muster replay" in line
        )
        _, _, *words = shlex.split(line.replace("RUN.json", shlex.quote(str(run))))
        assert words[2:] == [mutant.kills, "--plant"]
        assert commands.main(words, standalone_mode=False) == 1
    assert capsys.readouterr().out.startswith(f"STILL FAILS: {mutant.kills} at ")
