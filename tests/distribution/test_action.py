"""The GitHub Action: its form, and its steps with the files and variables of a runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.support.servers import Served, served
from tests.mutants.answers import OldestFirst
from tests.mutants.stand_in import StandIn
from tests.support.missing import require_program

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
CACHE, INSTALL, CHECK, COMMENT = ACTION["runs"]["steps"]
SCRIPTS = (INSTALL, CHECK, COMMENT)
# The variables of inputs that are not named like them.
VARIABLES = {"headers": "MUSTER_HEADERS"}
SECONDS = 120


def test_the_action_file_is_valid() -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_inputs_reach_the_shell_as_variables_only() -> None:
    assert all("${{" not in step["run"] for step in SCRIPTS)
    given = {value.strip("${ }") for value in CHECK["env"].values()}
    assert given == {f"inputs.{name}" for name in ACTION["inputs"]}


def test_every_output_comes_from_the_check_step() -> None:
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.{CHECK['id']}.outputs.{name} }}}}"
        assert f'echo "{name}=' in CHECK["run"]


@pytest.mark.parametrize("step", SCRIPTS, ids=["install", "check", "comment"])
def test_the_shell_scripts_pass_shellcheck(step: dict[str, Any]) -> None:
    command = [
        require_program("shellcheck"),
        "--shell=bash",
        "--enable=all",
        "--exclude=SC2154,SC2250,SC2312",
        "-",
    ]
    done = subprocess.run(
        command, input=step["run"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout


@dataclass(frozen=True)
class Runner:
    """A runner's folder."""

    folder: Path

    def run(self, step: dict[str, Any], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the shell of *step* as a runner does."""
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        environment = {
            "PATH": os.environ["PATH"],
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "RUNNER_TEMP": str(self.folder),
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=self.folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def check(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the second step with *inputs*; others have their defaults."""
        defaults = {
            VARIABLES.get(name, name.upper().replace("-", "_")): each["default"]
            for name, each in ACTION["inputs"].items()
        }
        return self.run(CHECK, **defaults | inputs)

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    bin_ = tmp_path / "muster" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "muster").symlink_to(BIN / "muster")
    return Runner(tmp_path)


@pytest.fixture(scope="module")
def tcp() -> Iterator[Served]:
    with served(StandIn()) as server:
        yield server


def test_a_conforming_server_lets_the_step_succeed(runner: Runner) -> None:
    with served(StandIn()) as server:
        done = runner.check(TARGET=str(server.target), API_VERSION="1.23")
    assert done.returncode == 0, done.stderr
    assert runner.outputs["verdict"] == "conforms"
    record = json.loads(Path(runner.outputs["record"]).read_text())
    assert record["target"] == str(server.target)
    made = {file.name for file in Path(runner.outputs["reports"]).iterdir()}
    assert made == {"run.json", "junit.xml", "index.html", "summary.md", "muster.sarif"}
    assert str(server.target) in (runner.folder / "summary").read_text()


def test_a_departing_server_fails_the_step_with_a_summary(runner: Runner) -> None:
    with served(OldestFirst()) as server:
        done = runner.check(TARGET=str(server.target), API_VERSION="1.23")
    assert done.returncode == 1
    assert runner.outputs["verdict"] == "departs"
    assert "LIST-ORDER" in (runner.folder / "summary").read_text()


def test_departures_of_the_baseline_do_not_count(runner: Runner) -> None:
    known = runner.folder / "known ones.toml"
    known.write_text('[[known]]\nid = "LIST-ORDER"\nreason = "old"\n')
    with served(OldestFirst()) as server:
        done = runner.check(TARGET=str(server.target), API_VERSION="1.23", BASELINE=known.name)
    assert done.returncode == 0, done.stdout
    assert runner.outputs["verdict"] == "conforms"


def printing(runner: Runner, line: str) -> None:
    """Replace muster by a shell script of one line."""
    muster = runner.folder / "muster" / "bin" / "muster"
    muster.unlink()
    muster.write_text(f"#!/bin/sh\n{line}\n")
    muster.chmod(0o755)


def test_plant_and_strict_are_passed_on(runner: Runner) -> None:
    printing(runner, 'printf "%s\\n" "$@"')
    told = runner.check(TARGET="tcp://h", PLANT="true", STRICT="true").stdout.splitlines()
    assert told[-5:-1] == ["--plant", "--strict", "--", "tcp://h"]


def test_every_option_has_the_name_of_its_input(runner: Runner) -> None:
    printing(runner, 'printf "%s\\n" "$@" "$MUSTER_HEADERS"')
    given = {
        name: f"a {name}"
        for name in ACTION["inputs"]
        if name not in {"target", "plant", "strict", "comment", "headers"}
    }
    variables = {name.upper().replace("-", "_"): value for name, value in given.items()}
    told = runner.check(**variables, MUSTER_HEADERS="X-Name: value").stdout.splitlines()
    assert {f"--{name}={value}" for name, value in given.items()} <= set(told)
    assert told[-2] == "X-Name: value"


def test_requirements_are_given_one_per_line(runner: Runner) -> None:
    printing(runner, 'printf "%s\\n" "$@"')
    told = runner.check(ONLY="LIST-A\n\nLIST-B\n", SKIP="LIST-C").stdout.splitlines()
    assert [line for line in told if line.startswith(("--only", "--skip"))] == [
        "--only=LIST-A",
        "--only=LIST-B",
        "--skip=LIST-C",
    ]


GH = """#!/bin/sh
printf '%s ' "$@" >>"$RUNNER_TEMP/gh"; echo >>"$RUNNER_TEMP/gh"
case "$*" in *--paginate*) printf "$FOUND" ;; esac
"""


@pytest.mark.parametrize(
    ("found", "call"),
    [
        ("", "--method POST repos/me/mine/issues/7/comments"),
        ("41\\n42\\n", "--method PATCH repos/me/mine/issues/comments/41"),
    ],
)
def test_the_findings_are_a_single_pull_request_comment(
    runner: Runner, found: str, call: str
) -> None:
    fake = runner.folder / "fake"
    fake.mkdir()
    (fake / "gh").write_text(GH)
    (fake / "gh").chmod(0o755)
    (runner.folder / "summary.md").write_text("the findings\n")
    done = runner.run(
        COMMENT,
        PATH=f"{fake}:{os.environ['PATH']}",
        REPORTS=str(runner.folder),
        NUMBER="7",
        FOUND=found,
        GITHUB_REPOSITORY="me/mine",
        GITHUB_WORKFLOW="CI",
        GITHUB_JOB="check",
    )
    assert done.returncode == 0, done.stderr
    assert call in (runner.folder / "gh").read_text().splitlines()[1]
    body = (runner.folder / "muster-comment.md").read_text()
    assert body == "<!-- muster: CI, check -->\nthe findings\n"


def test_without_a_report_there_is_no_comment(runner: Runner) -> None:
    assert runner.run(COMMENT, REPORTS=str(runner.folder)).returncode == 0
    assert not (runner.folder / "muster-comment.md").exists()


def test_the_pip_cache_directory_is_cached() -> None:
    assert INSTALL["env"]["PIP_CACHE_DIR"] == CACHE["with"]["path"]


def test_an_uncheckable_server_has_the_verdict_unchecked(runner: Runner) -> None:
    done = runner.check(TARGET="tcp://127.0.0.1:1")
    assert done.returncode == 3
    assert runner.outputs["verdict"] == "unchecked"
    assert runner.outputs["record"] == ""


@pytest.mark.parametrize("flag", ["PLANT", "STRICT", "COMMENT"])
def test_a_flag_must_be_true_or_false(runner: Runner, tcp: Served, flag: str) -> None:
    done = runner.check(TARGET=str(tcp.target), **{flag: "True"})
    assert done.returncode == 2
    assert done.stdout == "::error::plant, strict and comment are true or false, not 'True'\n"


@pytest.mark.parametrize("hostile", ["$(touch made)", "`touch made`", "; touch made", "--help"])
def test_inputs_are_never_executed(runner: Runner, hostile: str) -> None:
    names = ("TARGET", "API_VERSION", "BASELINE", "PLANT", "STRICT")
    for chosen in (names, names[:1], names[1:2], names[2:3], ("ONLY",)):
        done = runner.check(**dict.fromkeys(chosen, hostile))
        assert done.returncode == 2, done.stdout
    assert not (runner.folder / "made").exists()


def test_server_output_cannot_issue_workflow_commands(runner: Runner, tcp: Served) -> None:
    done = runner.check(TARGET=str(tcp.target), API_VERSION="1.23")
    first, *told, last = done.stdout.splitlines()
    pause = first.removeprefix("::stop-commands::")
    assert len(pause) == 32
    assert last == f"::{pause}::"
    assert not any(pause in line for line in told)


def test_the_action_installs_its_own_release(runner: Runner) -> None:
    fake = runner.folder / "fake"
    fake.mkdir()
    python = fake / "python3"
    # Creates no environment but a pip that prints its arguments.
    python.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"\necho "echo \\"\\$@\\"" >"$3/bin/pip"\n'
        'chmod +x "$3/bin/pip"\n'
    )
    python.chmod(0o755)
    done = runner.run(INSTALL, PATH=f"{fake}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == f"{ROOT}[conformance,fuzz]"
