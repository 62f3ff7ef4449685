from __future__ import annotations

import io
import os
import re
import sys

import pytest
from rich.text import Text

from muster.cli.console import tell, write
from muster.reports.styles import BAD, line
from muster.reports.terminal import terminal
from tests.conformance.support.sample_records import SCENES

STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    there = Terminal()
    monkeypatch.setattr(sys, "stdout", there)
    return there


def test_text_is_written_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    write(line("FAIL [red]x[/red] :smile: 1.23", BAD) + Text("\n"))
    write("[bold]" + "x" * 200 + "\n", err=True)
    tell("it is so")
    captured = capsys.readouterr()
    assert captured.out == "FAIL [red]x[/red] :smile: 1.23\n"
    assert captured.err == "[bold]" + "x" * 200 + "\nmuster: it is so\n"


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    there = screen(monkeypatch)
    write(Text.assemble(("FAIL", BAD), " LIST-X\n"))
    assert there.getvalue() == "\x1b[31mFAIL\x1b[0m LIST-X\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    there = screen(monkeypatch)
    monkeypatch.setenv(name, value)
    write(line("FAIL\n", BAD))
    assert "\x1b" not in there.getvalue()


@pytest.mark.parametrize("scene", SCENES)
def test_colours_do_not_change_the_text(monkeypatch: pytest.MonkeyPatch, scene: str) -> None:
    there = screen(monkeypatch)
    report = terminal(SCENES[scene])
    write(report)
    assert there.getvalue() != report.plain
    assert STYLE.sub("", there.getvalue()) == report.plain


def test_a_closed_pipe_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        write("FAIL\n" * 100_000)
        write("more\n")
