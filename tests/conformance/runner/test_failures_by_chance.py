"""How the runner treats departures caused by intermittent failures."""

from __future__ import annotations

import pytest

from muster.checks.check import CHECKS, Context, Steps
from muster.model.exchange import Exchange, Response
from muster.model.query import PLAIN
from muster.register.requirements import requirements
from muster.register.verdict import Departure, Passed
from muster.runner import runner, steadiness
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.mutants.stand_in import StandIn


@pytest.mark.parametrize("response", [None, Response(500, {}, b"")], ids=["dropped", "failed"])
@pytest.mark.parametrize(
    ("name", "times", "message"),
    [
        ("LIST-ORDER", steadiness.ENOUGH, "the server fails now and then (see LIST-REPEATABLE)"),
        ("PLANT-LISTED", steadiness.ENOUGH, "the server fails now and then (see LIST-REPEATABLE)"),
        ("PLANT-LISTED", steadiness.ENOUGH - 1, "it failed"),
    ],
)
def test_a_repeated_chance_failure_breaks_no_other_requirement(
    name: str,
    times: int,
    message: str,
    response: Response | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failure = Exchange(PLAIN, response, "")
    watch = Watch(StandIn())
    (watch.failed if response else watch.dropped).extend([failure] * times)

    def departs(_: Context) -> Steps[Passed]:
        yield PLAIN
        raise Departure("it failed", [failure])

    monkeypatch.setitem(CHECKS, name, departs)
    (result,) = runner.run([requirements()[name]], RunContext(watch))
    assert result.message == message
