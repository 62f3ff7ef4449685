"""The outcome of a check, and its verdict at the level of the requirement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from muster.model.exchange import Exchange
from muster.register.requirements import Level, Requirement


class Verdict(StrEnum):
    """The result for one requirement."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    OBSERVE = "observe"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"


DEPARTED = (Verdict.FAIL, Verdict.WARN)


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule held wherever it was tried.

    Attributes:
        message: What the server did, for rules that are only observed; else empty.
        exchanges: The exchanges that show it, for rules that are only observed.
    """

    message: str = ""
    exchanges: tuple[Exchange, ...] = ()


class Departure(Exception):
    """The server departs from the rule.

    Args:
        message: What the server sent and what was expected, in one sentence.
        exchanges: The smallest set that shows it.
        difference: Lines that begin with `-` (expected) and `+` (got).
        together: Whether it shows only if the requests are sent as the check sends them: on one
            connection, or at the same time on several.
        see: The requirement that reports the cause; if there is one, this one is inconclusive.
        confirmed: Whether the check has made sure itself that no other client is the reason.
    """

    def __init__(
        self,
        message: str,
        exchanges: Iterable[Exchange] = (),
        difference: Iterable[str] = (),
        *,
        together: bool = False,
        see: str = "",
        confirmed: bool = False,
    ) -> None:
        super().__init__(message)
        self.see = see
        self.confirmed = confirmed
        self.together = together
        self.message = message
        self.exchanges = tuple(exchanges)
        self.difference = tuple(difference)


class Inconclusive(Exception):
    """The rule could not be tried; the message says what the server, or the suite, lacks."""


class Blocked(Exception):
    """The images or keys that the rule needs could not be set up; the message says why."""


Outcome = Passed | Departure | Inconclusive | Blocked


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one requirement.

    Attributes:
        requirement: The rule.
        verdict: The verdict, at the rule's level.
        message: One sentence; empty for a plain pass.
        difference: Lines of the difference between expected and received values.
        shown_by: The exchanges that show a departure; empty for a pass.
        requests: How many requests the check sent.
        seconds: How long the check took.
    """

    requirement: Requirement
    verdict: Verdict
    message: str = ""
    difference: tuple[str, ...] = ()
    shown_by: tuple[Exchange, ...] = ()
    requests: int = 0
    seconds: float = 0.0


FAILED = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.OBSERVE: Verdict.OBSERVE}


def judge(
    requirement: Requirement, outcome: Outcome, requests: int = 0, seconds: float = 0.0
) -> Result:
    """Judge *outcome* at the level of *requirement*.

    Args:
        requirement: The rule.
        outcome: The outcome of its check.
        requests: How many requests the check sent.
        seconds: How long the check took.
    """
    match outcome:
        case Passed(message, exchanges):
            verdict = Verdict.OBSERVE if requirement.level is Level.OBSERVE else Verdict.PASS
            return Result(requirement, verdict, message, (), exchanges, requests, seconds)
        case Inconclusive():
            verdict = Verdict.INCONCLUSIVE
            return Result(requirement, verdict, str(outcome), (), (), requests, seconds)
        case Blocked():
            verdict = Verdict.BLOCKED
            return Result(requirement, verdict, str(outcome), (), (), requests, seconds)
        case Departure(see=str(see)) if see:
            message = f"{outcome.message} (see {see})"
            return Result(requirement, Verdict.INCONCLUSIVE, message, (), (), requests, seconds)
        case _:
            return Result(
                requirement,
                FAILED[requirement.level],
                outcome.message,
                outcome.difference,
                outcome.exchanges,
                requests,
                seconds,
            )


def may_follow(message: str, cause: str) -> str:
    """Return *message* with the requirement *cause*, from whose departure it may follow."""
    return f"{message} (may follow from {cause})"


def cause_of(message: str) -> str:
    """Return the requirement that `may_follow` put behind *message*; empty if none."""
    found = re.search(r"\(may follow from ([A-Z0-9-]+)\)$", message)
    return found[1] if found else ""


def summary(results: Iterable[Result]) -> dict[Verdict, int]:
    """Return the number of results with each verdict, zeros included."""
    counts = Counter(result.verdict for result in results)
    return {verdict: counts[verdict] for verdict in Verdict}


def conforms(results: Iterable[Result], *, strict: bool = False) -> bool:
    """Whether no requirement failed; with *strict*, nor was warned about."""
    counts = summary(results)
    return not counts[Verdict.FAIL] and not (strict and counts[Verdict.WARN])
