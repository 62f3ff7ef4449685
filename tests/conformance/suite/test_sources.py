from __future__ import annotations

import pytest

from muster.model.version import FIRST
from muster.register.requirements import Requirement, find, requirements
from muster.register.verdict import Departure, Outcome, Passed, Verdict
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from muster.suite import sources
from tests.mutants.stand_in import StandIn

REGISTER = requirements()


@pytest.mark.parametrize("name", ["LIST-ORDER", "FUZZ-ALIVE"])
def test_drawn_queries_count_for_any_selection(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, Outcome] = {name: Departure("wrong"), "LIST-QUERY": Passed()}
    monkeypatch.setattr(sources.random_queries, "ask", lambda *_, **__: (shown, 5))
    context = RunContext(Watch(StandIn()))
    (result,) = sources.DrawnQueries().results([REGISTER[name]], context, frozenset())
    assert (result.verdict, result.message, result.requests) == (Verdict.FAIL, "wrong", 5)


def test_ten_queries_are_drawn_for_each_request_of_fuzzing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def ask(_: Watch, **given: object) -> tuple[dict[str, Outcome], int]:
        asked.append(given)
        return {"LIST-QUERY": Passed()}, 0

    monkeypatch.setattr(sources.random_queries, "ask", ask)
    context = RunContext(Watch(StandIn()), seed=3, max_examples=7)
    list(sources.DrawnQueries().results([REGISTER["LIST-QUERY"]], context, {"LIST-ORDER"}))
    assert asked == [{"version": FIRST, "seed": 3, "count": 70, "failed": {"LIST-ORDER"}}]


@pytest.mark.parametrize("requirement", requirements().values(), ids=lambda each: each.id)
def test_every_check_describes_its_requests(requirement: Requirement) -> None:
    said = sources.describe_source(requirement)
    assert said.endswith(".")
    assert len(said) > 10


def test_an_uncheckable_rule_has_no_description_of_requests() -> None:
    assert sources.describe_source(find("LIST-WINDOWS")) == ""
