"""The GitHub workflow and issue forms."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.test_makefile import TARGETS
from tests.support.missing import missing, require_program

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
# A step of the action is checked where it is run, in tests/distribution.
SCRIPTS = [
    step["run"]
    for file in WORKFLOWS
    for job in yaml.safe_load(file.read_text())["jobs"].values()
    for step in job["steps"]
    if "run" in step
]
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"
SECONDS = 240
WORKFLOW: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text())


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *(("vendor.github-workflows", file) for file in WORKFLOWS),
        *(("custom.github-workflows-require-timeout", file) for file in WORKFLOWS),
        ("vendor.github-issue-config", GITHUB / "ISSUE_TEMPLATE" / "config.yml"),
        *(("vendor.github-issue-forms", form) for form in FORMS),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_each_github_file_is_valid(schema: str, file: Path) -> None:
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_push_workflow_runs_ci_run() -> None:
    steps = WORKFLOW["jobs"]["gate"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}


def test_the_workflow_has_read_only_permissions() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())


@pytest.mark.slow
def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    install = [require_program("go"), "install", ACTIONLINT]
    environment = os.environ | {"GOBIN": str(tmp_path), "GOFLAGS": ""}
    installed = subprocess.run(
        install, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if installed.returncode:
        missing(f"actionlint cannot be installed: {installed.stderr.strip()}")
    # With shellcheck, if it is on PATH.
    command = [tmp_path / "actionlint", *WORKFLOWS]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout


def test_workflows_call_targets_that_exist() -> None:
    called = {
        name for script in SCRIPTS for name in re.findall(r"^make ([a-z-]+)", script, re.MULTILINE)
    }

    assert {"lint", "site"} <= called <= set(TARGETS)


def test_workflows_run_files_that_exist() -> None:
    run = {
        name
        for script in SCRIPTS
        for name in re.findall(r"^\s*((?:tools|\.ci)/[\w./-]+)", script, re.MULTILINE)
    }

    assert {".ci/run", "tools/check-distribution.sh"} <= run
    assert [name for name in run if not os.access(ROOT / name, os.X_OK)] == []
