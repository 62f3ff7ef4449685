"""Tests that need programs that this machine may lack.

Tests that need it are skipped and say so, and the run is not held to the coverage of a full one.
With `MUSTER_REQUIRE_PEERS` set, as in CI, they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

REQUIRE = "MUSTER_REQUIRE_PEERS"
_MARK = "missing on this machine: "


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it if MUSTER_REQUIRE_PEERS is set.

    Args:
        what: what is missing, as a clause: `curl is not installed`.
    """
    if os.environ.get(REQUIRE):
        pytest.fail(f"{what}, and {REQUIRE} is set", pytrace=False)
    pytest.skip(_MARK + what)


def require_program(name: str) -> str:
    """Return the path of a program on `PATH`, or skip the test."""
    return shutil.which(name) or missing(f"{name} is not installed")


class MissingPrograms:
    """A pytest plugin that lists what was missing, and accepts less coverage if anything was."""

    def __init__(self) -> None:
        self._skipped = Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that `missing` skipped, in the main process of pytest-xdist too."""
        if report.skipped and isinstance(report.longrepr, tuple):
            _, found, what = report.longrepr[2].partition(_MARK)
            if found:
                self._skipped[what] += 1

    # Innermost, so that it ends before the hook of pytest-cov, which checks the coverage.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        result = yield
        coverage: Any = session.config.pluginmanager.getplugin("_cov")
        if self._skipped and coverage is not None:
            coverage.options.cov_fail_under = 0
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Report the number of skipped tests and the missing programs."""
        if not self._skipped:
            return
        terminalreporter.section("missing on this machine")
        for what, count in sorted(self._skipped.items()):
            tests = "test" if count == 1 else "tests"
            terminalreporter.line(f"{what}: {count} {tests} skipped")
        terminalreporter.line("Full coverage is not required of this run.")
