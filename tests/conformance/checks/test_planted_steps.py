"""Tests of steps of planted checks that `tests/mutants` does not cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from muster.checks.check import CHECKS
from muster.model.exchange import Request, Response
from muster.planting import registry, registry_images
from muster.planting.docker_archive import build
from muster.planting.fixtures import Planted
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan
from muster.planting.state import PlantedState
from muster.register.requirements import Need, requirements
from muster.register.verdict import Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.conformance.support.servers import Answers
from tests.mutants.stand_in import StandIn

REGISTER = requirements()
PLANTED = build("run").images
OF_NEED = {
    need: [name for name in REGISTER if name in CHECKS and REGISTER[name].need is need]
    for need in Need
}


def checked(server: StandIn, name: str, planted: tuple[Planted, ...] = PLANTED) -> Result:
    context = RunContext(Watch(server), max_examples=48, planted=PlantedState(planted))
    (result,) = runner.run([REGISTER[name]], context)
    return result


@pytest.fixture
def ground() -> Iterator[tuple[StandIn, PlantedState]]:
    """Serve planted images, pulled ones among them."""
    server, remote = StandIn(), registry_images.build("run")
    with registry.serve(remote.contents, "127.0.0.1:0") as address:
        planting = FixtureLoader(server, PlantingPlan.of(build("run"), remote, address))
        yield server, planting.plant()


@pytest.mark.parametrize(
    "name",
    sorted({*OF_NEED[Need.PLANTED], *OF_NEED[Need.CHANGES]} - {"PLANT-LISTED", "HTTP-POST"}),
)
def test_unlisted_planted_images_fail_only_one_rule(name: str) -> None:
    result = checked(StandIn(), name)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "(see PLANT-LISTED)" in result.message or "was refused" in result.message


@pytest.mark.parametrize("name", OF_NEED[Need.PULLED][1:])
def test_unlisted_pulled_images_fail_only_one_rule(name: str) -> None:
    images = registry_images.build("run").images("127.0.0.1:1")
    result = checked(StandIn(), name, images)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "(see PLANT-PULLED)" in result.message or "was refused" in result.message


@pytest.mark.parametrize(
    ("response", "told"),
    [(None, "the server closed the connection"), (Response(403, {}, b"read\nonly"), "read only")],
)
@pytest.mark.parametrize("name", [*OF_NEED[Need.CHANGES], "PLANT-DIGEST-STAYS"])
def test_refused_changes_are_inconclusive(
    ground: tuple[StandIn, PlantedState], name: str, response: Response | None, told: str
) -> None:
    server, planted = ground

    class ReadOnly(StandIn):
        def answer(self, request: Request) -> Response | None:
            return server.answer(request) if request.method == "GET" else response

    result = checked(ReadOnly(), name, planted.images)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.endswith(f" was refused: {told}")


@pytest.mark.parametrize("response", [None, Response(200, {}, b"{}")])
@pytest.mark.parametrize("name", ["PLANT-CONCURRENT-TAG", "PLANT-CONCURRENT-REMOVE"])
def test_a_listing_that_fails_during_changes_is_a_departure(
    ground: tuple[StandIn, PlantedState], name: str, response: Response | None
) -> None:
    server, planted = ground

    class Busy(StandIn):
        busy = False

        def answer(self, request: Request) -> Response | None:
            self.busy = self.busy or request.method != "GET"
            fails = self.busy and request.target.startswith("/images/json")
            return response if fails else server.answer(request)

    result = checked(Busy(), name, planted.images)
    assert result.verdict in {Verdict.FAIL, Verdict.WARN}
    told = "no answer came" if response is None else "a listing was expected, but"
    assert result.message.startswith(told)


def test_an_image_named_json_is_inconclusive_without_inspect(
    ground: tuple[StandIn, PlantedState],
) -> None:
    server, planted = ground

    class ListsOnly(StandIn):
        def answer(self, request: Request) -> Response | None:
            inspects = request.target.endswith("/json")
            listing = request.target == "/images/json"
            return self.error(404, "no") if inspects and not listing else server.answer(request)

    result = checked(ListsOnly(), "PLANT-NAMED-JSON", planted.images)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the server does not answer GET /images/NAME/json" in result.message


def test_a_tag_that_appears_at_another_image_is_a_departure(
    ground: tuple[StandIn, PlantedState],
) -> None:
    server, planted = ground

    class Confused(StandIn):
        def answer(self, request: Request) -> Response | None:
            if request.method == "POST":
                request = Request(request.target.replace("/tagged:1/", "/json:latest/"), "POST")
            return server.answer(request)

    result = checked(Confused(), "PLANT-CONCURRENT-TAG", planted.images)
    assert result.verdict is Verdict.FAIL
    assert "muster.test/run/tagged:flickering is shown at other images" in result.message


def test_a_moving_tag_may_be_at_neither_or_both_images(
    ground: tuple[StandIn, PlantedState],
) -> None:
    server, planted = ground

    class TwoSteps(StandIn):
        """Shows a tag nowhere after the fifth change, and at both after the sixth."""

        moved = 0

        def answer(self, request: Request) -> Response | None:
            self.moved += request.method == "POST"
            return server.answer(request)

    hidden = TwoSteps()

    def listing(parameters: dict[str, str]) -> Response:
        images = [dict(each) for each in server.images]
        for each in images:
            tags = each["RepoTags"] or []
            if hidden.moved == 5:
                tags = [tag for tag in tags if not tag.endswith(":wandering")]
            if hidden.moved == 6 and "muster.test/run/tagged:1" in tags:
                tags = [*tags, "muster.test/run/tagged:wandering"]
            each["RepoTags"] = tags or None
        before, server.images = server.images, images
        try:
            return StandIn.listing(server, parameters)
        finally:
            server.images = before

    server.listing = listing  # type: ignore[method-assign]  # for this one test
    result = checked(hidden, "PLANT-CONCURRENT-MOVE", planted.images)
    assert result.verdict is Verdict.OBSERVE
    assert result.message == "a tag that moves between two images may be listed at 0 or at 2 images"


@pytest.mark.parametrize(
    ("shown", "verdict"), [("only theirs", Verdict.PASS), ("another", Verdict.FAIL)]
)
def test_an_index_may_also_show_the_digest_of_a_platform(
    ground: tuple[StandIn, PlantedState], shown: str, verdict: Verdict
) -> None:
    server, planted = ground
    (index,) = (image for image in planted.images if image.other_digests)
    added = index.other_digests[0] if shown == "only theirs" else index.digests[0][:-1] + "g"
    for each in server.images:
        if each["Id"] == index.id:
            each["RepoDigests"].append(added)
    assert checked(server, "PLANT-DIGESTS", planted.images).verdict is verdict


def test_a_digest_among_the_tags_fails_only_the_schema(
    ground: tuple[StandIn, PlantedState],
) -> None:
    server, planted = ground
    for each in server.images:
        if each["RepoDigests"] and not each["RepoTags"]:
            each["RepoTags"] = list(each["RepoDigests"])
    assert checked(server, "PLANT-DIGEST-ONLY", planted.images).verdict is Verdict.PASS


def test_only_differing_labels_are_reported(ground: tuple[StandIn, PlantedState]) -> None:
    server, planted = ground
    for each in server.images:
        if each["RepoTags"] and each["RepoTags"][0].endswith("oddlabels:latest"):
            labels: dict[str, Any] = dict(each["Labels"])
            del labels["comma"]
            each["Labels"] = labels | {"float": "1000.0"}
    result = checked(server, "PLANT-LABELS", planted.images)
    assert result.verdict is Verdict.FAIL
    assert result.difference == (
        "- {'comma': 'a,b,,c', 'float': '1e3'}",
        "+ {'float': '1000.0'}",
    )


def test_untagged_images_with_foreign_ids_are_recognized_by_their_label() -> None:
    class OwnIds(StandIn):
        def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
            each = super().from_config(entry, config)
            return each | {"Id": "sha256:" + each["Id"][:6:-1], "ParentId": ""}

    server = OwnIds()
    ground = FixtureLoader(server, PlantingPlan.of(build("run"))).plant()
    untagged = tuple(image for image in ground.images if not image.tags)
    server.images[-1]["Created"] = 0
    assert checked(server, "PLANT-CREATED", untagged).verdict is Verdict.PASS
    for name in ("PLANT-LISTED", "PLANT-TAGS", "PLANT-LABELS", "PLANT-REMOVE-ID"):
        assert checked(server, name, ground.images).verdict is Verdict.PASS


@pytest.mark.parametrize("name", [*OF_NEED[Need.CHANGES], *OF_NEED[Need.PULLED]])
def test_a_server_without_a_listing_is_inconclusive_for_planted_images(name: str) -> None:
    images = PLANTED + registry_images.build("run").images("127.0.0.1:1")
    result = checked(Answers(Response(503, {}, b"down")), name, images)
    assert result.verdict is Verdict.INCONCLUSIVE
