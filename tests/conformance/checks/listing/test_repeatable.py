"""What `tests/mutants` leaves of the check on repeatable answers."""

from __future__ import annotations

import json
from itertools import count

import pytest

from muster.model.exchange import Request, Response
from muster.register.verdict import Verdict
from muster.runner import runner
from tests.conformance.support.checking import checked
from tests.mutants.innocents import NothingAtAll, UntaggedOnly
from tests.mutants.reads import (
    AppendsToASharedSlice,
    DanglingDropsLabels,
    FilteringReversesTags,
    InspectingTouchesCreated,
    SharedSizeSticks,
)
from tests.mutants.stand_in import DIGEST, StandIn, asked


@pytest.mark.parametrize(
    "server",
    [AppendsToASharedSlice("1.44"), FilteringReversesTags("1.44"), SharedSizeSticks("1.44")],
    ids=lambda value: type(value).__name__,
)
def test_a_read_that_changes_a_listing_each_time_is_named(server: StandIn) -> None:
    result = checked(server, "LIST-REPEATABLE", "1.44")
    assert result.verdict is Verdict.FAIL
    assert "changes what GET /images/json lists" in result.message


def test_inspecting_is_a_read_too() -> None:
    result = checked(InspectingTouchesCreated("1.23"), "LIST-REPEATABLE")
    assert "/json changes what GET /images/json" in result.message


class IntermediateImagesLoseLabels(StandIn):
    """A read alters images that the plain listing does not show."""

    turn = count()

    def answer(self, request: Request) -> Response | None:
        if "filters" in request.target and "dangling" in asked(request):
            mid = self.images[-3]
            mid["Labels"] = {"turn": str(next(self.turn))}
        return super().answer(request)


def test_images_that_only_the_full_listing_shows_count() -> None:
    result = checked(IntermediateImagesLoseLabels(), "LIST-REPEATABLE")
    assert "changes what GET /images/json?all=1 lists" in result.message


class GathersDigests(StandIn):
    def answer(self, request: Request) -> Response | None:
        if "digests=1" in request.target:
            held = self.images[0]["RepoDigests"]
            self.images[0]["RepoDigests"] = [*held, f"pulled/more{len(held)}@{DIGEST}"]
        return super().answer(request)


def test_digests_are_compared_in_any_order() -> None:
    result = checked(GathersDigests(), "LIST-REPEATABLE")
    assert "RepoDigests of" in "".join(result.difference)


class OthersTag(StandIn):
    """Another client gives a tag, with every listing or behind the first filter."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always, self.count = always, 0

    def answer(self, request: Request) -> Response | None:
        self.count += 1
        if self.count > 20 if self.always else "dangling" in asked(request) and self.count == 20:
            self.images[1]["RepoTags"] = [f"other:{self.count}"]
        return super().answer(request)


@pytest.mark.parametrize("always", [True, False])
def test_changes_of_other_clients_do_not_count(*, always: bool) -> None:
    result = checked(OthersTag(always=always), "LIST-REPEATABLE")
    assert result.verdict is not Verdict.FAIL


def test_a_server_that_others_use_is_not_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner._Settled, "_others_are_active", lambda _: True)  # noqa: SLF001
    result = checked(AppendsToASharedSlice("1.44"), "LIST-REPEATABLE", "1.44")
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_change_that_happens_once_is_found_at_the_end_of_a_run() -> None:
    server = DanglingDropsLabels("1.44")
    assert checked(server, "LIST-REPEATABLE", "1.44").verdict is not Verdict.FAIL


@pytest.mark.parametrize("server", [UntaggedOnly(), NothingAtAll()])
def test_servers_without_names_or_images_are_correct(server: StandIn) -> None:
    result = checked(server, "LIST-REPEATABLE")
    assert result.verdict in {Verdict.PASS, Verdict.INCONCLUSIVE}


class NoLabels(StandIn):
    def shown(self, each: dict[str, object], parameters: dict[str, str]) -> dict[str, object]:
        return super().shown(each, parameters) | {"Labels": None}


def test_servers_without_labels_are_correct() -> None:
    assert checked(NoLabels(), "LIST-REPEATABLE").verdict is Verdict.PASS
    assert json.loads(NoLabels().listing({}).body)
