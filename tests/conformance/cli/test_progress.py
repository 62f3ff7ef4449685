from __future__ import annotations

import io
import re
import sys

import pytest

from muster.cli.progress import progress
from muster.register.requirements import requirements

ORDER, EMPTY = requirements()["LIST-ORDER"], requirements()["LIST-EMPTY"]

CLEAR = "\x1b[1A\x1b[2K"
"""Goes up to the line that was written, and empties it."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(2) as show:
        show(ORDER)
        show(EMPTY)
    return stream.getvalue()


def test_a_terminal_shows_progress_and_is_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = written(monkeypatch, Terminal())
    shown = re.findall(r"\[\d/2\] [A-Z-]+", text)
    assert list(dict.fromkeys(shown)) == ["[1/2] LIST-ORDER", "[2/2] LIST-EMPTY"]
    assert text.endswith(CLEAR)


def test_a_terminal_is_cleared_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def interrupted() -> None:
        with progress(2) as show:
            show(ORDER)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.getvalue().endswith(CLEAR)


def test_no_progress_is_written_to_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, io.StringIO()) == ""
