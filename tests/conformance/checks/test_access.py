"""Access checks on responses that no server in tests/mutants gives."""

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
    """Answers two of three requests with 429."""

    attempts = 0

    def refuse(self, refused: Refused) -> Response:
        self.attempts += 1
        return super().refuse(refused if self.attempts % 3 == 0 else Refused(429, "too many"))


def outcome(name: str, server: Guard) -> Outcome:
    context = Context(Random(0), 10, {})  # noqa: S311 - no secret
    return perform(CHECKS[name], context, Pipeline(Watch(Signing(server, "1.23"))))


@pytest.mark.parametrize("name", NAMES)
def test_status_429_alone_is_inconclusive(name: str) -> None:
    found = outcome(name, RefusesWith(429))
    assert isinstance(found, Inconclusive)
    assert "too many refused requests: wait a while" in str(found)


@pytest.mark.parametrize("name", ["ACCESS-ALTERED", "ACCESS-STATUS", "ACCESS-METHOD"])
def test_occasional_429_responses_still_count_as_refusals(name: str) -> None:
    assert not isinstance(outcome(name, RefusesEveryThird()), Exception)


def test_the_challenge_is_inconclusive_without_status_401() -> None:
    found = outcome("ACCESS-CHALLENGE", RefusesWith(403))
    assert isinstance(found, Inconclusive)
    assert str(found) == "no request is answered with status 401 (see ACCESS-STATUS)"


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_refuses_every_request_is_inconclusive(name: str) -> None:
    class RefusesEverybody(Guard):
        def admit(self, request: Request) -> None:
            raise Refused(401, "no")

    assert isinstance(outcome(name, RefusesEverybody()), Inconclusive)
