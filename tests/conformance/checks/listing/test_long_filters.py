"""Tests of the checks on long filters and on labels that `tests/mutants` does not cover."""

from __future__ import annotations

import pytest

from muster.model.exchange import Request, Response
from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.conditions import OnlyTheLastLabelCounts
from tests.mutants.innocents import LongFiltersAreRefused
from tests.mutants.stand_in import StandIn

LABELS = ("LIST-LABEL-ALL", "LIST-LABEL-NO-KEY", "LIST-FILTERS-LONG")


def labelled(*labels: dict[str, str]) -> StandIn:
    """Return a server of one untagged image for each of *labels*."""
    server = StandIn()
    server.images = [
        image | {"Labels": each, "RepoTags": None, "RepoDigests": None, "ParentId": ""}
        for image, each in zip(server.images, labels, strict=False)
    ]
    return server


def test_long_filters_may_be_refused() -> None:
    assert checked(LongFiltersAreRefused(), "LIST-FILTERS-LONG").verdict is Verdict.PASS


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("labels", [{}, {"a=b": "c"}], ids=["none", "with = in the key"])
def test_label_rules_are_inconclusive_without_a_usable_label(
    name: str, labels: dict[str, str]
) -> None:
    assert checked(labelled(labels), name).verdict is Verdict.INCONCLUSIVE


def test_unusable_labels_are_skipped() -> None:
    server = labelled({"a=b": "c", "k": "v", "l": "w"})
    assert {checked(server, name).verdict for name in LABELS} == {Verdict.PASS}


class RefusesSeveral(StandIn):
    """Refuses more than two labels with a message."""

    def answer(self, request: Request) -> Response | None:
        return (
            self.error(414, "too long")
            if request.target.count("%2C") > 1
            else super().answer(request)
        )


def test_a_server_may_refuse_all_labels_at_once() -> None:
    result = checked(RefusesSeveral(), "LIST-LABEL-ALL")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "the server refuses a filter with all labels of an image"


def test_faults_with_two_labels_are_reported_by_another_rule() -> None:
    assert checked(OnlyTheLastLabelCounts(), "LIST-LABEL-ALL").verdict is Verdict.INCONCLUSIVE
    assert checked(OnlyTheLastLabelCounts(), "LIST-LABEL-AND").verdict is Verdict.FAIL
