"""What checks of access make of answers that the servers of tests/mutants do not give."""

from __future__ import annotations

from random import Random

import pytest

from muster.checks.check import CHECKS, Context
from muster.model.exchange import Request, Response
from muster.register.verdict import Inconclusive, Outcome
from muster.runner.liveness import Watch
from muster.runner.pipeline import Pipeline
from muster.runner.runner import perform
from tests.mutants.access import Guard, Refused
from tests.mutants.matrix import Signing

NAMES = [name for name in CHECKS if name.startswith("ACCESS-")]


class RefusesWith(Guard):
    """Answers all that it refuses with one status."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def refuse(self, refused: Refused) -> Response:
        return Response(self.status, {"content-type": "text/plain"}, b"no")


class RefusesEveryThird(Guard):
    """Says to two of three only that there were too many before."""

    attempts = 0

    def refuse(self, refused: Refused) -> Response:
        self.attempts += 1
        return super().refuse(refused if self.attempts % 3 == 0 else Refused(429, "too many"))


def outcome(name: str, server: Guard) -> Outcome:
    context = Context(Random(0), 10, {})  # noqa: S311 - no secret
    return perform(CHECKS[name], context, Pipeline(Watch(Signing(server, "1.23"))))


@pytest.mark.parametrize("name", NAMES)
def test_who_only_says_that_there_were_too_many_shows_nothing(name: str) -> None:
    found = outcome(name, RefusesWith(429))
    assert isinstance(found, Inconclusive)
    assert "refused too many requests before: wait a while" in str(found)


@pytest.mark.parametrize("name", ["ACCESS-ALTERED", "ACCESS-STATUS", "ACCESS-METHOD"])
def test_who_says_so_now_and_then_refuses(name: str) -> None:
    assert not isinstance(outcome(name, RefusesEveryThird()), Exception)


def test_without_status_401_nothing_can_be_said_of_how_it_is_answered() -> None:
    found = outcome("ACCESS-CHALLENGE", RefusesWith(403))
    assert isinstance(found, Inconclusive)
    assert str(found) == "no request is answered with status 401 (see ACCESS-STATUS)"


@pytest.mark.parametrize("name", NAMES)
def test_who_answers_nobody_shows_nothing(name: str) -> None:
    class AnswersNobody(Guard):
        def admit(self, request: Request) -> None:
            raise Refused(401, "no")

    assert isinstance(outcome(name, AnswersNobody()), Inconclusive)
