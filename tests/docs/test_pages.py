"""The pages of docs/: their commands are run here, against servers of the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.support.servers import Served, served
from tests.mutants.answers import OldestFirst
from tests.mutants.stand_in import StandIn

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
BLOCK = re.compile(
    r"(?:^In `(?P<file>[^`]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
STATUS = re.compile(r"  +# exit status (\d)$")
DOCKER, PODMAN = "/var/run/docker.sock", "/run/podman/podman.sock"
SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A block of code on a page.

    Attributes:
        language: what stands behind the fence.
        text: the code.
        file: the file that the page puts it into; empty for none.
    """

    language: str
    text: str
    file: str = ""


def blocks(page: str, *languages: str) -> list[Block]:
    text = (DOCS / page).read_text()
    found = [
        Block(match["language"], match["text"], match["file"] or "")
        for match in BLOCK.finditer(text)
    ]
    return [block for block in found if block.language in languages]


@dataclass(frozen=True)
class Shell:
    """A folder to run the commands of a page in."""

    folder: Path
    sockets: Mapping[str, Served]
    environment: Mapping[str, str]

    def run(self, block: Block) -> None:
        """Run each line, and compare its exit status with the documented one."""
        for line in block.text.splitlines():
            told = STATUS.search(line)
            command = STATUS.sub("", line)
            for path, server in self.sockets.items():
                command = command.replace(path, server.target.socket)
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env=os.environ | self.environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == int(told[1] if told else 0), (line, done.stdout, done.stderr)


@pytest.fixture
def sockets() -> Iterator[dict[str, Served]]:
    """Serve at the sockets that the pages name: Docker's conforms, podman's does not."""
    # Not tmp_path: its names may be longer than the path of a socket may be.
    with (
        tempfile.TemporaryDirectory() as folder,
        served(StandIn(), Path(folder, "d")) as docker,
        served(OldestFirst(), Path(folder, "p")) as podman,
    ):
        yield {DOCKER: docker, PODMAN: podman}


PATH_WITH_US = f"{BIN}:{os.environ['PATH']}"
# The plugin of the suite is loaded by its entry point, as it is for users.
PLAIN = {"PATH": PATH_WITH_US, "PYTEST_ADDOPTS": "-p no:cacheprovider", "DOCKER_HOST": ""}


def test_the_commands_of_the_ci_page_work(sockets: dict[str, Served], tmp_path: Path) -> None:
    mine = {DOCKER: sockets[PODMAN]}
    shell = Shell(tmp_path, mine, PLAIN)
    for block in blocks("check-my-server-in-ci.md", "sh"):
        shell.run(block)
    assert (tmp_path / "run.html").read_text().startswith("<!doctype html>")
    assert 'id = "LIST-ORDER"' in (tmp_path / "known.toml").read_text()


@pytest.mark.usefixtures("curl_program")
def test_the_commands_of_the_comparison_page_work(
    sockets: dict[str, Served], tmp_path: Path
) -> None:
    shell = Shell(tmp_path, sockets, PLAIN)
    for block in blocks("compare-two-engines.md", "sh"):
        shell.run(block)
    assert json.loads((tmp_path / "again.json").read_text())


def test_the_commands_of_the_connection_page_work(
    sockets: dict[str, Served], tmp_path: Path
) -> None:
    shell = Shell(tmp_path, sockets, PLAIN)
    for block in blocks("connect.md", "sh"):
        shell.run(block)


def test_the_commands_of_the_requirements_page_work(
    sockets: dict[str, Served], tmp_path: Path
) -> None:
    for name in ("conformance", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "muster").write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from muster.cli.main import main; main()' \"$@\"\n"
    )
    (bin_ / "muster").chmod(0o755)
    environment = PLAIN | {
        "PATH": f"{bin_}:{PATH_WITH_US}",
        "PYTHONPATH": str(tmp_path / "conformance"),
    }
    shell = Shell(tmp_path, sockets, environment)
    for block in blocks("write-a-requirement.md", "toml", "python", "sh"):
        if block.file:
            with (tmp_path / block.file).open("a") as file:
                file.write(f"\n\n{block.text}")
        else:
            shell.run(block)


@pytest.mark.parametrize("block", blocks("write-a-requirement.md", "python"), ids=lambda b: b.file)
@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_code_on_the_pages_passes_ruff(block: Block, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [BIN / "ruff", *command, "--stdin-filename", block.file, "-"],
        cwd=ROOT,
        input=f"{(ROOT / block.file).read_text()}\n\n{block.text}",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def on_ci() -> tuple[dict[str, Any], dict[str, Any]]:
    github, gitlab = blocks("check-my-server-in-ci.md", "yaml")
    return yaml.safe_load(github.text), yaml.safe_load(gitlab.text)


def test_the_documented_workflow_matches_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    workflow, _ = on_ci()
    steps = workflow["jobs"]["check"]["steps"]
    (used,) = (step for step in steps if "muster@" in step.get("uses", ""))
    assert used["with"].keys() <= action["inputs"].keys()
    outputs = re.findall(r"steps\.muster\.outputs\.(\w+)", json.dumps(workflow))
    assert outputs
    assert set(outputs) <= action["outputs"].keys()


@pytest.mark.parametrize(
    ("position", "schema"), [(0, "vendor.github-workflows"), (1, "vendor.gitlab-ci")]
)
def test_the_documented_ci_files_are_valid(tmp_path: Path, position: int, schema: str) -> None:
    file = tmp_path / "ci.yml"
    file.write_text(blocks("check-my-server-in-ci.md", "yaml")[position].text)
    options = ["--data-transform", "gitlab-ci"] if schema == "vendor.gitlab-ci" else []
    command = [BIN / "check-jsonschema", "--builtin-schema", schema, *options, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_of_a_page_resolve(page: str) -> None:
    links = LINK.findall((DOCS / page).read_text())
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_every_page_is_in_the_index() -> None:
    named = set(LINK.findall((DOCS / "README.md").read_text()))
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= named
