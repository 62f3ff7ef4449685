"""The comparison of an answer with a vector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from muster.model.exchange import Response
from muster.register.requirements import Level
from muster.vectors.catalogues import NAMES
from muster.vectors.judge import judge
from muster.vectors.vector import Alternative, Rule, Vector, VectorRequest

SHORT, LONGER, TEAM = NAMES[:3]
JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain"}
OTHER = VectorRequest(query="other")


def row(image: Any, **members: Any) -> dict[str, Any]:
    shown = {"Id": image.id, "RepoTags": [*image.tags], "Created": image.created}
    return {**shown, **members}


def listing(*rows: Any) -> Response:
    return Response(200, JSON, json.dumps(rows).encode())


def judged(answer: Response, *expect: Alternative, other: Response | None = None) -> str:
    answers = {"": answer, "other": other or listing()}
    vector = Vector(
        id="topic/name",
        requirement="LIST-ANSWER",
        level=Level.MUST,
        rule="",
        source="",
        catalogue="names",
        since="1.23",
        request=VectorRequest(query=""),
        expect=expect,
    )
    return judge(vector, NAMES, answers.__getitem__)


def images(*names: str, **more: Any) -> Alternative:
    return Alternative(images=names, **more)


def error(low: int = 400, high: int = 599, **more: Any) -> Alternative:
    return Alternative(error=(low, high), **more)


def rule(**rules: Any) -> Mapping[str, Any]:
    return {"members": {"short": {"Size": Rule(**rules)}}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (listing(row(SHORT), row(LONGER)), images("longer", "short")),
        (listing(row(SHORT) | {"Id": SHORT.id[7:]}), images("short")),
        (listing(row(SHORT)), images("short", "longer", optional=("longer",))),
        (listing(), images()),
        (listing(row(SHORT), row(LONGER)), images("short", "longer", ordered=True)),
        (listing(row(SHORT, Size=5)), images("short", **rule(values=(4, 5)))),
        (listing(row(SHORT, Size=["b", "a"])), images("short", **rule(values=(["a", "b"],)))),
        (listing(row(SHORT, Size=5)), images("short", **rule(minimum=5))),
        (listing(row(SHORT, Size=[{"ID": "x"}])), images("short", **rule(contains=("x",)))),
        (listing(row(SHORT)), images("short", **rule(absent=True))),
        (Response(400, TEXT, b"no"), error()),
        (Response(400, TEXT, b"no"), error(message=True, media="text/plain")),
        (Response(400, JSON, b'{"message":"no"}'), error(message=True, media="application/json")),
    ],
)
def test_a_correct_response_has_no_departure(answer: Response, expected: Alternative) -> None:
    assert judged(answer, expected) == ""


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (listing(), images("short"), "missing ['short']"),
        (listing(row(SHORT)), images(), "too many ['short']"),
        (listing(row(SHORT), row(SHORT)), images("short"), "too many ['short']"),
        (listing(row(SHORT, Id="sha256:ab")), images("short"), "too many ['sha256:ab']"),
        (listing(row(LONGER), row(SHORT)), images("short", "longer", ordered=True), "order"),
        (
            listing(row(SHORT, Created="5")),
            images("short", ordered=True),
            'order by Created is ["5"]',
        ),
        (listing(row(SHORT, Size=5.0)), images("short", **rule(values=(5,))), "Size of short is"),
        (listing(row(SHORT, Size=4)), images("short", **rule(minimum=5)), "is 4"),
        (listing(row(SHORT, Size=5.5)), images("short", **rule(minimum=5)), "is 5.5"),
        (listing(row(SHORT, Size=[])), images("short", **rule(contains=("x",))), "is []"),
        (listing(row(SHORT)), images("short", **rule(values=(5,))), "is null"),
        (listing(row(SHORT, Size=5)), images("short", **rule(absent=True)), "is 5"),
        (Response(200, TEXT, b"[]"), images(), "media type of the listing is text/plain"),
        (Response(200, {}, b"[]"), images(), "media type of the listing is missing"),
        (Response(200, JSON, b"null"), images(), "null instead of a list"),
        (Response(200, JSON, b"{}"), images(), "not a JSON array"),
        (Response(500, TEXT, b"oh"), images(), "status 500"),
        (listing(), error(), "status 200 instead of an error from 400 to 599"),
        (Response(400, TEXT, b"no"), error(media="application/json"), "error is text/plain"),
        (Response(400, TEXT, b" "), error(message=True), "no message"),
        (Response(400, JSON, b"{}"), error(message=True), "no message"),
        (Response(400, JSON, b"[]"), error(message=True), "no message"),
        (Response(400, JSON, b"no"), error(message=True), "no message"),
        (Response(400, JSON, b'{"message":1}'), error(message=True), "no message"),
    ],
)
def test_a_departure_is_reported(answer: Response, expected: Alternative, words: str) -> None:
    assert words in judged(answer, expected)


def test_one_matching_alternative_suffices() -> None:
    assert judged(listing(), error(), images()) == ""
    assert "; or: " in judged(listing(row(SHORT)), error(), images())


def test_a_response_can_be_compared_with_another() -> None:
    same = Alternative(same=(OTHER,))
    both = Alternative(same=(OTHER, VectorRequest(query="")))

    assert judged(listing(row(SHORT)), same, other=listing(row(SHORT, Size=1))) == ""
    assert "the images" in judged(listing(row(SHORT)), same, other=listing(row(LONGER)))
    assert judged(listing(row(SHORT)), both, other=listing()) == ""
    assert "the images" in judged(listing(row(SHORT)), both, other=listing(row(TEAM)))
