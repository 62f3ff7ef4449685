"""The command line, run in the process of the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from muster.cli import main


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


VARIABLES = (
    *(f"DOCKER_{name}" for name in ("HOST", "CONTEXT", "TLS", "TLS_VERIFY")),
    *("DOCKER_CERT_PATH", "DOCKER_CONFIG"),
    *("MUSTER_HEADERS", "HYPER_ACCESS", "HYPER_SECRET", "HYPER_DEFAULT_REGION"),
)
"""What the command line reads of the environment."""

Muster = Callable[..., Ended]


def in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    """Return a function that runs `muster` with its arguments."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["muster", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run
