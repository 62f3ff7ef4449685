"""Generate the program output in README and docs/engines.md for `make docs` and the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from muster.register.requirements import register
from tools.engines import ENGINES

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent


def fenced(text: str) -> str:
    """Return *text* as a code block."""
    return f"\n```\n{text.rstrip()}\n```\n"


def help_of(program: str, command: str) -> str:
    """Return the help of a command."""
    words = [BIN / program, command, "--help"]
    environment = os.environ | {"COLUMNS": "80"}
    return fenced(f"$ {program} {command} --help\n{_output(words, environment)}")


EVERY_ANSWERED = "every request got a response at the first attempt"


def sample_run() -> str:
    """Return the output of `make check`, without what differs from one run to the next.

    On a busy machine connections are idle for so long that the server closes them.
    """
    text = _output(["sh", ROOT / "tools" / "check-sample.sh", BIN], os.environ)
    text = re.sub(r"unix://\S*/musterd\.sock", "unix:///tmp/musterd.sock", text)
    text = re.sub(r"(HTTP-DROPPED: )\d+ kept .*\n( {4}.*\n)*", rf"\1{EVERY_ANSWERED}\n", text)
    return fenced(re.sub(r"\d+ requests in \d+\.\d s", "... requests in ... s", text))


def requirements_table() -> str:
    """Return the register as a table."""
    rows = ["", "| Requirement | Level | Where | Rule |", "|---|---|---|---|"]
    for requirement in register().values():
        rule = requirement.rule.replace("|", "\\|").replace("<", "&lt;")
        where = requirement.scope
        rows.append(f"| `{requirement.id}` | {requirement.level} | {where} | {rule} |")
    return "\n".join([*rows, ""])


def engines_table() -> str:
    """Return the real engines as a table."""
    rows = ["", "| Name | Engine | Version | From Debian |", "|---|---|---|---|"]
    for engine in ENGINES:
        suites = " and ".join(engine.release.suites)
        rows.append(f"| `{engine.name}` | {engine.title} | {engine.release.version} | {suites} |")
    return "\n".join([*rows, ""])


def _output(words: list[str | Path], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own programs
        words, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
