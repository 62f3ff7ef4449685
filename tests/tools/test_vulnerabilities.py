"""The audit of the lock file distinguishes known vulnerabilities from failed queries."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {"name": "good", "version": "1.0", "vulns": []}
WEAK = {
    "name": "weak",
    "version": "2.0",
    "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1", "3.0"], "description": "..."}],
}
HOPELESS = {**WEAK, "vulns": [{"id": "CVE-2026-2", "fix_versions": []}]}
UNASKED = {"name": "unasked", "skip_reason": "not found: unasked (1.0)"}

Audit = Callable[[str], tuple[int, str]]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """Run the tool with a shell script in place of pip-audit; none if it is empty."""

    def run(script: str) -> tuple[int, str]:
        if script:
            program = tmp_path / "pip-audit"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "tools.vulnerabilities"],
            cwd=ROOT,
            env=os.environ | {"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def answering(*dependencies: dict[str, Any]) -> str:
    return f"echo '{json.dumps({'dependencies': dependencies})}'"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (answering(GOOD, GOOD), 0, ["no weakness of 2 packages is known"]),
        (answering(GOOD, WEAK), 1, ["weak 2.0: CVE-2026-1, repaired in 2.1, 3.0"]),
        (answering(HOPELESS), 1, ["weak 2.0: CVE-2026-2, repaired in no version"]),
        (
            answering(UNASKED, GOOD),
            3,
            ["nothing is known of 1 of 2 packages: not found: unasked (1.0)"],
        ),
        (
            answering(UNASKED, WEAK),
            1,
            [
                "weak 2.0: CVE-2026-1, repaired in 2.1, 3.0",
                "nothing is known of 1 of 2 packages: not found: unasked (1.0)",
            ],
        ),
        (
            "echo first >&2; echo 'no connection' >&2; exit 1",
            3,
            ["nothing is known of any package: pip-audit failed: no connection"],
        ),
        ("exit 1", 3, ["nothing is known of any package: pip-audit failed: it says nothing"]),
        ("", 3, ["nothing is known of any package: pip-audit is not installed"]),
    ],
)
def test_known_vulnerabilities_and_failed_queries_are_reported(
    audit: Audit, script: str, status: int, said: list[str]
) -> None:
    assert audit(script) == (status, "".join(f"audit: {line}\n" for line in said))


def test_the_audit_uses_the_lock_file(audit: Audit) -> None:
    _, said = audit('for last; do :; done; echo "$last" >&2')
    assert said.rstrip().endswith("/requirements.lock")
