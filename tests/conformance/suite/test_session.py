from __future__ import annotations

import pytest

from muster.errors import (
    OutOfTime,
    Overloaded,
    TargetError,
    Unreachable,
    UsageError,
    VersionRefused,
)
from muster.model.version import ApiVersion
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.suite import session
from muster.suite.ledger import Ledger
from muster.suite.plan import Plan
from muster.suite.results import INTERRUPTED, Run
from muster.suite.session import VersionRun, run_session
from tests.conformance.support.runs import LATE, MUST, PLANTED, SHOULD, TARGET

VERSIONS = [ApiVersion.parse(version) for version in ("1.23", "1.24", "1.44")]


def plan(*, chosen: tuple[str, ...] = ("LIST-MUST", "LIST-SHOULD")) -> Plan:
    register = {each.id: each for each in (MUST, SHOULD, LATE, PLANTED)}
    return Plan(TARGET, VERSIONS, [register[name] for name in chosen], seed=3, strict=True)


def part(troubles: dict[str, BaseException]) -> VersionRun:
    """Meets the first requirement of each version, and the second unless there is trouble."""

    def made(version: ApiVersion, ledger: Ledger) -> Run:
        first, second = Result(MUST, Verdict.PASS, requests=2), Result(SHOULD, Verdict.PASS)
        ledger.add(first)
        if str(version) in troubles:
            raise troubles[str(version)]
        return Run(TARGET, version, 3, True, [first, second], requests=5)  # noqa: FBT003 - strict

    return made


def verdicts(runs: list[Run]) -> list[list[Verdict]]:
    return [[result.verdict for result in run.results] for run in runs]


def test_every_version_is_checked() -> None:
    session = run_session(plan(), part({}))
    assert [run.version for run in session.runs] == VERSIONS
    assert session.aborted_because == ""
    assert [run.aborted_because for run in session.runs] == ["", "", ""]


@pytest.mark.parametrize("error", [VersionRefused("too old"), OutOfTime("no time")])
def test_an_uncheckable_version_does_not_stop_the_others(
    error: Exception,
) -> None:
    session = run_session(plan(), part({"1.24": error}))
    assert session.aborted_because == ""
    assert [run.aborted_because for run in session.runs] == ["", str(error), ""]
    assert verdicts(list(session.runs)) == [
        [Verdict.PASS, Verdict.PASS],
        [Verdict.PASS, Verdict.BLOCKED],
        [Verdict.PASS, Verdict.PASS],
    ]
    assert session.runs[1].results[1].message == str(error)
    assert session.runs[1].requests == 2


@pytest.mark.parametrize("error", [Unreachable, Overloaded])
def test_an_unreachable_server_ends_the_session_keeping_results(
    error: type[TargetError],
) -> None:
    session = run_session(plan(), part({"1.24": error("no answer")}))
    assert session.aborted_because == "no answer"
    assert verdicts(list(session.runs)) == [
        [Verdict.PASS, Verdict.PASS],
        [Verdict.PASS, Verdict.BLOCKED],
    ]


def test_each_version_reports_what_the_time_limit_left_unchecked() -> None:
    late = OutOfTime("it is over")
    session = run_session(plan(), part({"1.24": late, "1.44": late}))
    assert [run.aborted_because for run in session.runs] == ["", "it is over", "it is over"]
    assert session.runs[2].results[1].verdict is Verdict.BLOCKED


def test_an_interrupted_session_keeps_its_results() -> None:
    session = run_session(plan(), part({"1.24": KeyboardInterrupt()}))
    assert session.aborted_because == INTERRUPTED
    assert verdicts(list(session.runs)) == [[Verdict.PASS, Verdict.PASS], [Verdict.PASS]]
    run = session.runs[1]
    assert (run.aborted_because, run.seed, run.strict, run.requests) == (INTERRUPTED, 3, True, 2)


def test_versions_without_applicable_requirements_are_skipped() -> None:
    session = run_session(plan(chosen=("LIST-LATE",)), part({}))
    assert [str(run.version) for run in session.runs] == ["1.44"]


def test_a_session_without_applicable_requirements_is_refused() -> None:
    with pytest.raises(UsageError, match="only with --plant can be checked"):
        run_session(plan(chosen=("LIST-PLANTED",)), part({}))


def test_a_run_shows_no_progress_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    with session._silent(1) as progress:  # noqa: SLF001 - the default, which nobody names
        progress(next(iter(requirements().values())))
    assert capsys.readouterr() == ("", "")
