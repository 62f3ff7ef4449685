from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

import pytest

from muster.checks import steps as evidence
from muster.checks.check import Context, Steps
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request, Response, Sender
from muster.model.image import Image
from muster.model.query import ALL, PLAIN, Query
from muster.register.verdict import Departure, Inconclusive
from muster.runner import runner
from muster.runner.liveness import Watch
from muster.runner.pipeline import Pipeline
from tests.conformance.support.servers import Answers, Holds
from tests.mutants.answers import AlwaysListsIntermediate, NeverShowsDigests
from tests.mutants.manifest_store import ManifestStore
from tests.mutants.names import ShowsEveryTag
from tests.mutants.stand_in import StandIn, catalogue

T = TypeVar("T")

CONTEXT = Context(Random(0), 1, {})  # noqa: S311 - no secret


def made(steps: Callable[[], Steps[T]], server: Sender) -> tuple[T, list[str]]:
    """Return the result of *steps*, and the targets that they ask for."""
    asked: list[str] = []

    class Recorded:
        def send(self, request: Request) -> Exchange:
            asked.append(request.target)
            return server.send(request)

    outcome: Any
    outcome = runner.perform(
        lambda _: steps(),  # type: ignore[arg-type, return-value]
        CONTEXT,
        Pipeline(Watch(Recorded())),
    )
    if isinstance(outcome, Exception):
        raise outcome
    return outcome, asked


def departs(steps: Callable[[], Steps[Any]], server: Sender) -> Departure:
    with pytest.raises(Departure) as departure:
        made(steps, server)
    return departure.value


def lacks(steps: Callable[[], Steps[Any]], server: Sender) -> str:
    with pytest.raises(Inconclusive) as missing:
        made(steps, server)
    return str(missing.value)


def test_a_missing_response_is_a_departure() -> None:
    departure = departs(lambda: evidence.fetch(PLAIN), Answers(None))
    assert departure.message == "no answer came: the server closed the connection"
    assert [exchange.request for exchange in departure.exchanges] == [PLAIN]


def test_a_response_that_is_not_a_listing_is_a_departure() -> None:
    departure = departs(lambda: evidence.fetch_listing(PLAIN), Answers(Response(200, {}, b"{}")))
    assert departure.message == "a listing was expected, but the body is not a JSON array: {}"


@pytest.mark.parametrize("response", [None, Response(500, {}, b"")])
def test_a_missing_first_listing_is_reported_by_another_rule(
    response: Response | None,
) -> None:
    server = Answers(response)
    assert lacks(evidence.default_listing, server) == (
        "GET /images/json gives no listing to start from (see LIST-ANSWER)"
    )
    assert lacks(evidence.full_listing, server) == (
        "GET /images/json?all=1 gives no listing to start from (see LIST-ANSWER)"
    )
    assert lacks(lambda: evidence.require_listing(PLAIN, see="X"), server).endswith("(see X)")


@pytest.mark.parametrize(
    ("held", "needed", "message"),
    [
        (0, 1, "the server holds no image: add an image"),
        (0, 2, "the server holds no image: add 2 images"),
        (1, 2, "the server holds one image only: add 2 images"),
        (2, 3, "the server holds 2 images: add 3 images"),
    ],
)
def test_too_few_images_are_inconclusive(held: int, needed: int, message: str) -> None:
    server = Holds(*catalogue()[:held])
    assert lacks(lambda: evidence.default_listing(needed), server) == message
    assert lacks(lambda: evidence.full_listing(needed), server) == message


def test_the_full_listing_is_requested_once_if_it_shows_digests() -> None:
    found, asked = made(evidence.full_listing, StandIn())
    assert len(found.images) == len(catalogue())
    assert asked == ["/images/json?all=1"]


class DigestsOnDemand(StandIn):
    """Shows digests with digests=1 only, as daemons up to 1.12 do."""

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        if not self.truth(parameters.get("digests", "")):
            del shown["RepoDigests"]
        return shown


def test_digests_are_requested_if_only_digests_1_shows_them() -> None:
    found, asked = made(evidence.full_listing, DigestsOnDemand())
    assert asked == ["/images/json?all=1", "/images/json?all=1&digests=1"]
    assert found.exchange.request == ALL
    assert [image.digests for image in found.images] == [
        tuple(each["RepoDigests"] or ()) for each in catalogue()
    ]


def test_digests_that_are_never_shown_stay_unknown() -> None:
    found, _ = made(evidence.full_listing, NeverShowsDigests())
    assert {image.digests for image in found.images} == {None}


def test_digests_stay_unknown_if_requesting_them_fails() -> None:
    class Fails(DigestsOnDemand):
        def listing(self, parameters: dict[str, str]) -> Response:
            if "digests" in parameters:
                return self.error(500, "no")
            return super().listing(parameters)

    found, _ = made(evidence.full_listing, Fails())
    assert {image.digests for image in found.images} == {None}


STAGE, NONE = Query(filters={"label": ["stage"]}), Query(filter="none")


def tried(*queries: Query, tags: bool = False) -> Steps[int]:
    everything = yield from evidence.full_listing()
    return (yield from evidence.compare_with_oracle(CONTEXT, everything, queries, tags=tags))


def test_images_of_a_manifest_store_may_have_several_manifests() -> None:
    listing, _ = made(evidence.full_listing, ManifestStore())

    assert {image.manifests for image in listing.images} == {None}


def test_manifests_are_requested_if_a_descriptor_is_shown() -> None:
    def counted() -> Steps[Listing]:
        return (yield from evidence.with_manifests((yield from evidence.full_listing())))

    listing, asked = made(counted, ManifestStore("1.48"))
    kinds = {image.tags[0]: image.manifests for image in listing.images if image.tags}

    assert asked[-1] == "/images/json?all=1&manifests=1"
    assert kinds["several/platforms:1"] == ("image", "image")
    assert kinds["several/attested:1"] == ("image", "attestation")
    assert kinds["several/artifact:1"] == ("unknown",)
    assert kinds["old:1"] == ("image",)
    _, asked = made(counted, ManifestStore("1.47"))
    assert "/images/json?all=1&manifests=1" not in asked


@pytest.mark.parametrize("manifests", [None, [1]], ids=["null", "no objects"])
def test_manifests_that_are_not_shown_are_unknown(manifests: Any) -> None:
    class Hides(ManifestStore):
        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            shown = super().shown(each, parameters)
            return shown | ({"Manifests": manifests} if "Manifests" in shown else {})

    def counted() -> Steps[Listing]:
        return (yield from evidence.with_manifests((yield from evidence.full_listing())))

    listing, _ = made(counted, Hides())
    assert {image.manifests for image in listing.images} == {None}


def test_manifests_stay_unknown_if_requesting_them_fails() -> None:
    class Refuses(ManifestStore):
        def listing(self, parameters: dict[str, str]) -> Response:
            if "manifests" in parameters:
                return self.error(500, "no")
            return super().listing(parameters)

    def counted() -> Steps[Listing]:
        return (yield from evidence.with_manifests((yield from evidence.full_listing())))

    listing, _ = made(counted, Refuses())
    assert {image.manifests for image in listing.images} == {None}


def test_queries_are_tried_with_and_without_all() -> None:
    fruitful, asked = made(lambda: tried(STAGE, NONE), StandIn())
    assert fruitful == 2
    assert asked == [
        ALL.target,
        PLAIN.target,
        "/images/json?all=1&filters=%7B%22label%22%3A%5B%22stage%22%5D%7D",
        "/images/json?filters=%7B%22label%22%3A%5B%22stage%22%5D%7D",
        "/images/json?all=1&filter=none",
        "/images/json?filter=none",
    ]


def test_queries_are_tried_only_with_all_if_the_plain_listing_is_wrong() -> None:
    fruitful, asked = made(lambda: tried(STAGE), AlwaysListsIntermediate())
    assert fruitful == 1
    assert len(asked) == 3


def test_a_response_unlike_the_model_is_a_departure_with_both_exchanges() -> None:
    class Ignores(StandIn):
        def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
            return True

    departure = departs(lambda: tried(STAGE), Ignores())
    target = "/images/json?all=1&filters=%7B%22label%22%3A%5B%22stage%22%5D%7D"
    wrong = "lists other images than the full listing implies: it ignores label=stage"
    assert departure.message == f"GET {target} {wrong}"
    assert [exchange.request.target for exchange in departure.exchanges] == [ALL.target, target]
    assert all(line.startswith("+ unexpected: ") for line in departure.difference)


def test_a_fault_seen_only_in_a_batch_is_not_reported() -> None:
    class ErrsOnce(StandIn):
        """Ignores the labels in the first request that has some."""

        erred = False

        def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
            return not self.erred or super().labelled(each, conditions)

        def answer(self, request: Request) -> Response | None:
            response = super().answer(request)
            self.erred |= "label" in request.target
            return response

    fruitful, asked = made(lambda: tried(STAGE), ErrsOnce())
    assert fruitful == 2
    assert asked[2:] == [asked[2], asked[2], asked[4]]


def test_unexpected_tags_are_a_departure_only_where_tags_matter() -> None:
    query = Query(filter="busybox:latest")
    assert made(lambda: tried(query), ShowsEveryTag())[0] == 2
    departure = departs(lambda: tried(query, tags=True), ShowsEveryTag())
    assert departure.message == (
        "GET /images/json?all=1&filter=busybox%3Alatest shows other RepoTags "
        "than the full listing implies"
    )


def listing(*images: Image) -> Listing:
    return Listing(Exchange(PLAIN, None), images)


def test_the_difference_is_to_the_nearest_correct_listing() -> None:
    everything = listing(Image("a", tags=("x:1",)), Image("b", tags=("x:2",)), Image("c"))
    with pytest.raises(Departure) as departure:
        evidence.compared(CONTEXT, everything, Query(filter="x:*"), listing(Image("a"), Image("c")))
    assert departure.value.difference == (
        "+ unexpected: a (untagged)",
        "+ unexpected: c (untagged)",
    )


def test_listings_are_compared_without_repo_digests() -> None:
    one = Image("a", raw={"Size": 1, "RepoDigests": None})
    other = Image("a", raw={"Size": 1})
    evidence.require_same_images(listing(one), listing(other), "no")
    with pytest.raises(Departure, match=r"^no$") as departure:
        evidence.require_same_images(listing(one), listing(Image("a", raw={"Size": 2})), "no")
    assert departure.value.difference == ("- Size of a: 1", "+ Size of a: 2")
