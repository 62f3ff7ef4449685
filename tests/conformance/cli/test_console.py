from __future__ import annotations

import io
import os
import sys

import click
import pytest

from muster.cli.console import painted, wants_colour, write
from muster.reports.terminal import terminal
from tests.conformance.support.sample_records import SCENES


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_told_goes_out_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    write("FAIL\n")
    write("WARN\n", err=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("FAIL\n", "WARN\n")


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    write("FAIL LIST-X\n")
    assert terminal.getvalue() == "\x1b[31mFAIL\x1b[0m LIST-X\n"


def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        write("FAIL\n" * 100_000)
        write("more\n")


@pytest.mark.parametrize(
    ("environment", "terminal", "colours"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, True, True),
    ],
)
def test_colours_are_for_terminals_whose_users_do_not_mind(
    environment: dict[str, str], terminal: bool, colours: bool
) -> None:
    assert wants_colour(environment, terminal=terminal) is colours


@pytest.mark.parametrize("scene", SCENES)
def test_colours_change_nothing_of_what_is_said(scene: str) -> None:
    text = terminal(SCENES[scene])
    assert painted(text) != text
    assert click.unstyle(painted(text)) == text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("FAIL LIST-X (MUST)\n", "\x1b[31mFAIL\x1b[0m LIST-X (MUST)\n"),
        ("    + came\n", "\x1b[31m    + came\x1b[0m\n"),
        ("    - expected\n", "\x1b[32m    - expected\x1b[0m\n"),
        ("  a - b\n", "  a - b\n"),
        ("FAILURE\n", "FAILURE\n"),
    ],
)
def test_a_line_is_coloured_by_what_it_begins_with(line: str, shown: str) -> None:
    assert painted(line) == shown
