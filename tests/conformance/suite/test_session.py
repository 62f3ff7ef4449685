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
def test_a_version_that_cannot_be_checked_keeps_none_of_the_others_from_it(
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
def test_a_server_that_is_gone_ends_the_session_with_what_was_found(
    error: type[TargetError],
) -> None:
    session = run_session(plan(), part({"1.24": error("no answer")}))
    assert session.aborted_because == "no answer"
    assert verdicts(list(session.runs)) == [
        [Verdict.PASS, Verdict.PASS],
        [Verdict.PASS, Verdict.BLOCKED],
    ]


def test_what_is_not_checked_when_the_time_is_over_is_told_at_each_version() -> None:
    late = OutOfTime("it is over")
    session = run_session(plan(), part({"1.24": late, "1.44": late}))
    assert [run.aborted_because for run in session.runs] == ["", "it is over", "it is over"]
    assert session.runs[2].results[1].verdict is Verdict.BLOCKED


def test_a_user_who_interrupts_gets_what_was_found() -> None:
    session = run_session(plan(), part({"1.24": KeyboardInterrupt()}))
    assert session.aborted_because == INTERRUPTED
    assert verdicts(list(session.runs)) == [[Verdict.PASS, Verdict.PASS], [Verdict.PASS]]
    run = session.runs[1]
    assert (run.aborted_because, run.seed, run.strict, run.requests) == (INTERRUPTED, 3, True, 2)


def test_versions_at_which_nothing_can_be_checked_are_left_out() -> None:
    session = run_session(plan(chosen=("LIST-LATE",)), part({}))
    assert [str(run.version) for run in session.runs] == ["1.44"]


def test_it_is_told_if_nothing_can_be_checked_at_any_version() -> None:
    with pytest.raises(UsageError, match="only with --plant can be checked"):
        run_session(plan(chosen=("LIST-PLANTED",)), part({}))


def test_a_run_shows_no_progress_unless_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    with session._silent(1) as progress:  # noqa: SLF001 - the default, which nobody names
        progress(next(iter(requirements().values())))
    assert capsys.readouterr() == ("", "")
