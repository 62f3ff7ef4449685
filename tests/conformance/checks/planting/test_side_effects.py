"""Tests of the checks on side effects that `tests/mutants` does not cover."""

from __future__ import annotations

from typing import Any

import pytest

from muster.checks.planting import side_effects
from muster.model.exchange import Response
from muster.register.verdict import Inconclusive, Verdict
from muster.runner import runner
from muster.runner.liveness import Watch
from muster.runner.pipeline import Pipeline
from tests.conformance.support.checking import checked_planted, without_images
from tests.mutants.innocents import EntityTags
from tests.mutants.side_effects import (
    ConfirmsAnOldEntityTag,
    RemovedNamesAreTimes,
    SomeTagsAreLost,
    UntilIsLate,
)
from tests.mutants.stand_in import Mistake, StandIn


def test_a_stale_entity_tag_must_not_match() -> None:
    result = checked_planted(ConfirmsAnOldEntityTag(), "PLANT-CHANGE-DERIVED")
    assert "still confirmed" in result.message


def test_a_new_entity_tag_after_a_change_is_correct() -> None:
    assert checked_planted(EntityTags(), "PLANT-CHANGE-DERIVED").verdict is Verdict.PASS


class Busy(StandIn):
    """Another image changes with every change of the suite's, or with the first only."""

    def __init__(self, *, once: bool) -> None:
        super().__init__()
        self.once, self.changed = once, False

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        if not (self.once and self.changed):
            self.images[1]["Size"] += 1
        self.changed = True
        return super().tagged(name, parameters)


def test_unrelated_images_that_change_every_time_fail() -> None:
    result = checked_planted(Busy(once=False), "PLANT-CHANGE-ALONE")
    assert result.verdict is Verdict.FAIL
    assert "Size" in "".join(result.difference)


def test_an_unrelated_image_that_changes_once_passes() -> None:
    assert checked_planted(Busy(once=True), "PLANT-CHANGE-ALONE").verdict is Verdict.PASS


class ReadOnly(StandIn):
    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        return self.error(500, "read only")


def test_a_read_only_server_is_inconclusive() -> None:
    result = checked_planted(ReadOnly(), "PLANT-CHANGE-ALONE")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "was refused: read only" in result.message


def test_side_effects_are_inconclusive_without_a_planted_image() -> None:
    steps = side_effects._each(without_images(), [], side_effects._nothing_else)  # noqa: SLF001
    with pytest.raises(Inconclusive, match="no planted image is there to change"):
        runner.drive(steps, Pipeline(Watch(StandIn())))


@pytest.mark.parametrize(
    ("server", "name", "words"),
    [
        (SomeTagsAreLost("1.44"), "PLANT-CHANGE-ALONE", "was confirmed, and is not made"),
        (RemovedNamesAreTimes("1.44"), "PLANT-CHANGE-DERIVED", "no image has this name any more"),
        (UntilIsLate("1.44"), "PLANT-CHANGE-DERIVED", "shows other RepoTags"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_change_that_is_lost_or_late_is_named(server: StandIn, name: str, words: str) -> None:
    result = checked_planted(server, name, "1.44")
    assert result.verdict is Verdict.FAIL
    assert words in result.message


def test_changes_that_are_never_made_are_the_fault_of_another_rule() -> None:
    class TagsNothing(StandIn):
        def tagged(self, name: str, parameters: dict[str, str]) -> Response:
            return Response(201, {}, b"")

    assert checked_planted(TagsNothing(), "PLANT-CHANGE-ALONE").verdict is not Verdict.FAIL


class WithoutNamesAsTimes(StandIn):
    """Answers `before` with a name that no image has, and lists no tags by `until`."""

    def times_known(self, filters: dict[str, list[str]]) -> None:
        self.by_time = bool({"before", "until"} & filters.keys())

    def time_of(self, name: str) -> tuple[int, float]:
        try:
            return super().time_of(name)
        except Mistake:
            return 0, 0.0

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | ({"RepoTags": ["x:1"]} if self.by_time else {})


def test_answers_that_were_wrong_before_a_change_are_not_judged_after_it() -> None:
    result = checked_planted(WithoutNamesAsTimes("1.44"), "PLANT-CHANGE-DERIVED", "1.44")
    assert result.verdict is Verdict.PASS
