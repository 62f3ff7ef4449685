from __future__ import annotations

import pytest

from muster.model.exchange import Exchange, Request
from muster.suite import effort
from muster.suite.effort import LEAST, describe, measure, plan_examples


@pytest.mark.parametrize(
    ("seconds", "examples"), [(0.0, 50), (0.05, 50), (0.06, 12), (0.1, 6), (0.5, LEAST), (9, LEAST)]
)
def test_the_slower_a_listing_the_fewer_examples_are_drawn(seconds: float, examples: int) -> None:
    assert plan_examples(50, seconds) == examples


def test_who_wants_few_gets_them() -> None:
    assert plan_examples(1, 9) == 1


def test_the_shortest_time_of_a_listing_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 3.0, 10.0, 10.5, 20.0, 21.0])
    monkeypatch.setattr(effort.time, "monotonic", lambda: next(moments))

    class Silent:
        def send(self, request: Request) -> Exchange:
            return Exchange(request, None, "no answer")

    assert measure(Silent()) == 0.5


def test_it_is_told_what_is_tried_less_of() -> None:
    assert describe(50, 50, 9) == ""
    assert describe(50, 6, 0.1) == (
        "a listing takes 0.10 s, so that 6 requests are drawn by fuzzing, not 50, 60 queries, not "
        "500, and fewer labels and names are asked for; --max-examples decides otherwise"
    )
