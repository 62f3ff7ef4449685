from __future__ import annotations

import pytest

from muster.model.exchange import Exchange, Request
from muster.suite import effort
from muster.suite.effort import LEAST, describe, measure, plan_examples


@pytest.mark.parametrize(
    ("seconds", "examples"), [(0.0, 50), (0.05, 50), (0.06, 12), (0.1, 6), (0.5, LEAST), (9, LEAST)]
)
def test_slower_listings_reduce_the_examples(seconds: float, examples: int) -> None:
    assert plan_examples(50, seconds) == examples


def test_a_small_number_of_examples_is_not_raised() -> None:
    assert plan_examples(1, 9) == 1


def test_the_fastest_listing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 3.0, 10.0, 10.5, 20.0, 21.0])
    monkeypatch.setattr(effort.time, "monotonic", lambda: next(moments))

    class Silent:
        def send(self, request: Request) -> Exchange:
            return Exchange(request, None, "no answer")

    assert measure(Silent()) == 0.5


def test_reduced_effort_is_described() -> None:
    assert describe(50, 50, 9) == ""
    assert describe(50, 6, 0.1) == (
        "a listing takes 0.10 s, so that 6 requests are drawn by fuzzing, not 50, 60 queries, not "
        "500, and fewer labels and names are asked for; --max-examples decides otherwise"
    )
