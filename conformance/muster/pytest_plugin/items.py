"""The tests of `pytest --muster=TARGET`: one for each requirement, at each API version.

The first test to run contacts the server; collection does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muster.errors import MusterError
from muster.pytest_plugin.run import PytestRun, RequirementCase
from muster.record.outcome import counts
from muster.register.verdict import Verdict

NAME = "muster"
"""The name of the collector, with which all node ids begin."""


class MusterWarning(UserWarning):
    """The server departs from a requirement that is not a MUST."""


class RequirementItem(pytest.Item):
    """The test of one requirement."""

    def __init__(self, *, run: PytestRun, case: RequirementCase, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.case = case
        self.user_properties.append(("level", case.requirement.level.value))
        self.user_properties.append(("rule", case.requirement.rule))

    def setup(self) -> None:
        """Contact the server; if it cannot be checked, the test is an error, not a failure."""
        try:
            why_not = self.run.why_not(self.case)
            if why_not:
                pytest.skip(f"{self.name}: {why_not}")
            self.result = self.run.result(self.case)
        except MusterError as error:
            pytest.fail(f"{self.name}: {error}", pytrace=False)
        if self.result.verdict is Verdict.BLOCKED:
            pytest.fail(f"{self.name}: {self.result.message}", pytrace=False)

    def runtest(self) -> None:
        """Report the result."""
        result, problem = self.result, self.run.problem(self.case)
        if result.known:
            pytest.xfail(f"{result.known.reason} {result.known.link}".rstrip())
        if counts(result, strict=self.run.strict):
            told = self.run.told(self.case)
            pytest.fail(f"{told}\n{problem}" if problem else told, pytrace=False)
        if problem:
            pytest.fail(f"{self.run.baseline.file}: {problem}", pytrace=False)
        if result.verdict is Verdict.WARN:
            try:
                warnings.warn(MusterWarning(self.run.told(self.case)), stacklevel=1)
            except MusterWarning as taken_for_an_error:
                pytest.fail(str(taken_for_an_error), pytrace=False)
        elif result.verdict is Verdict.INCONCLUSIVE:
            pytest.skip(f"{self.name}: {result.message}")
        elif result.message:
            self.add_report_section("call", NAME, result.message)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the test's location, which is not a file."""
        return self.path, None, self.nodeid


class RequirementCollector(pytest.Collector):
    """All requirements that can be checked."""

    def __init__(self, *, run: PytestRun, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def collect(self) -> Iterator[RequirementItem]:
        """Return one test for each requirement at each API version to check."""
        for case in self.run.cases():
            yield RequirementItem.from_parent(self, name=case.name, run=self.run, case=case)


class Requirements:
    """The plugin that provides the tests.

    Args:
        config: The options of pytest.

    Raises:
        pytest.UsageError: If they are invalid.
    """

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        try:
            self.run = PytestRun(
                option.muster,
                option.muster_api_version,
                seed=option.muster_seed or 0,
                plant=option.muster_plant,
                strict=option.muster_strict,
                baseline=option.muster_baseline,
            )
        except MusterError as error:
            raise pytest.UsageError(str(error)) from error
        # No file has this name; pytest handles the other arguments.
        self.named = [arg for arg in config.args if _is_ours(arg, config.invocation_params.dir)]
        config.args[:] = [arg for arg in config.args if arg not in self.named]

    def pytest_report_header(self) -> str:
        """Return a line that describes the run."""
        return f"{NAME}: {self.run.described}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add the tests, before other plugins select among them."""
        collector: RequirementCollector = RequirementCollector.from_parent(
            session, name=NAME, nodeid=NAME, run=self.run
        )
        collector.ihook.pytest_collectstart(collector=collector)
        report = collector.ihook.pytest_make_collect_report(collector=collector)
        collector.ihook.pytest_collectreport(report=report)
        wanted = [item for item in report.result if self._is_wanted(item.nodeid)]
        for name in self.named:
            if not any(_names(name, item.nodeid) for item in wanted):
                raise pytest.UsageError(f"there is no test {name}: --collect-only shows them all")
        for item in wanted:
            item.ihook.pytest_itemcollected(item=item)
        items += wanted

    def _is_wanted(self, node: str) -> bool:
        return not self.named or any(_names(name, node) for name in self.named)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record which tests remain."""
        self.run.expect(item.case for item in session.items if isinstance(item, RequirementItem))

    def pytest_sessionfinish(self) -> None:
        """Delete the planted images."""
        self.run.close()


def _is_ours(argument: str, folder: Path) -> bool:
    return argument.startswith(f"{NAME}::") or (
        argument == NAME and not (folder / argument).exists()
    )


def _names(argument: str, node: str) -> bool:
    """Whether *argument* selects *node*, all its parametrizations, or the collector."""
    return argument in {NAME, node, node.partition("[")[0]}
