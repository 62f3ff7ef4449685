from __future__ import annotations

import json

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.model.query import ALL, PLAIN, Query, request
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.suite.symptoms import Kind, Symptom, symptoms, unfiltered
from tests.mutants.stand_in import StandIn

LABEL = Query(filters={"label": ["a"]})
IDS = tuple(f"sha256:{letter * 64}" for letter in "abcd")
FULL = {True: IDS, False: IDS[:3]}


def listed(asked: Request, *ids: str) -> Exchange:
    return Exchange(asked, Response(200, {}, json.dumps([{"Id": each} for each in ids]).encode()))


def seen(*exchanges: Exchange, difference: tuple[str, ...] = ()) -> frozenset[Symptom]:
    requirement = requirements()["LIST-LABEL-KEY"]
    return symptoms(Result(requirement, Verdict.FAIL, "", difference, exchanges), FULL)


def missing(*letters: str) -> tuple[str, ...]:
    return tuple(f"- missing: {letter * 12} (untagged)" for letter in letters)


@pytest.mark.parametrize(
    ("exchange", "symptom"),
    [
        (Exchange(LABEL.request(), None, "closed"), (Kind.NO_ANSWER, None)),
        (Exchange(PLAIN, Response(204, {}, b"")), (Kind.NO_LISTING, 204)),
        (listed(LABEL.request(), *IDS[:3]), (Kind.IGNORED, None)),
        (listed(LABEL.request(form="map"), *IDS[:3]), (Kind.IGNORED_MAP, None)),
        (listed(request(("filters", "{")), *IDS[:3]), (Kind.IGNORED, None)),
        (listed(request(("filters", "[]")), *IDS[:3]), (Kind.IGNORED, None)),
        (listed(Query(all=True, filter="x").request(), *IDS), (Kind.IGNORED, None)),
        (listed(LABEL.request(), *IDS[:2]), (Kind.CUT, 2)),
    ],
)
def test_an_answer_shows_what_is_wrong_with_it(exchange: Exchange, symptom: Symptom) -> None:
    assert symptom in seen(exchange)


@pytest.mark.parametrize(
    "exchange",
    [
        listed(ALL, *IDS),
        listed(LABEL.request(), IDS[0]),
        Exchange(Request("/info"), Response(500, {}, b"")),
    ],
)
def test_other_answers_show_nothing(exchange: Exchange) -> None:
    assert seen(exchange) == frozenset()


def test_a_departure_without_an_exchange_shows_nothing() -> None:
    assert seen(difference=missing("a", "b")) == frozenset()


def test_no_image_where_there_should_be_some_is_a_symptom() -> None:
    nothing = listed(LABEL.request())
    assert (Kind.NOTHING, None) in seen(nothing, difference=missing("d"))
    assert (Kind.NOTHING, None) not in seen(nothing)


def test_the_same_wrong_images_are_a_symptom_if_there_are_several() -> None:
    answer = listed(LABEL.request(), IDS[3])
    both = seen(answer, difference=missing("a", "b"))
    assert both == seen(answer, difference=missing("b", "a"))
    assert {kind for kind, _ in both} == {Kind.IMAGES}
    assert seen(answer, difference=missing("a")) == frozenset()


@pytest.mark.parametrize(
    ("shown", "difference", "is_head"),
    [
        (IDS[:1], missing("c", "d"), True),
        (IDS[2:3], missing("b"), False),
        (IDS[:1], ("+ unexpected: aaaaaaaaaaaa (untagged)",), False),
    ],
)
def test_images_that_are_missing_behind_those_listed_are_a_symptom(
    shown: tuple[str, ...], difference: tuple[str, ...], *, is_head: bool
) -> None:
    found = seen(listed(LABEL.request(), *shown), difference=difference)
    assert ((Kind.HEAD, None) in found) is is_head


def test_a_response_without_a_listing_has_no_images_to_compare() -> None:
    refused = Exchange(LABEL.request(), Response(400, {}, b"no"))
    assert seen(refused, difference=missing("d")) == {(Kind.NO_LISTING, 400)}


def test_the_listings_without_filters_are_asked_for() -> None:
    server = StandIn()
    found = unfiltered(server)
    assert len(found[True]) == len(server.images) > len(found[False])


def test_a_server_that_lists_nothing_has_none() -> None:
    class Broken(StandIn):
        def answer(self, request: Request) -> Response | None:
            return None if "all" in request.target else Response(500, {}, b"")

    assert unfiltered(Broken()) == {True: ()}
