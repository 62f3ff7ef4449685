from __future__ import annotations

import io
import os
import sys

import pytest

from muster.cli.console import tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_told_goes_out_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    tell("FAIL\n")
    tell("WARN\n", err=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("FAIL\n", "WARN\n")


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    tell("FAIL LIST-X\n")
    assert terminal.getvalue() == "\x1b[31mFAIL\x1b[0m LIST-X\n"


def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        tell("FAIL\n" * 100_000)
        tell("more\n")
