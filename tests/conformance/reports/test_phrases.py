from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from muster.record.record import RecordedExchange, RecordedRequest, RecordedResponse
from muster.reports import phrases
from tests.conformance.support.runs import FAILED, made, run

JSON = {"content-type": "application/json; charset=utf-8"}
ID = "sha256:" + "0123456789ab" + "c" * 52
(RESULT,) = made(run(FAILED)).results


def response(body: str, *, status: int = 200, cut: bool = False) -> RecordedResponse:
    return RecordedResponse(status=status, headers=JSON, body=body, size=len(body), cut=cut)


def test_a_request_is_described_decoded_on_one_line() -> None:
    asked = RecordedRequest(
        method="GET", target="/images/json?filters=%7B%22a%22%3A%0A" + "b" * 200
    )
    assert phrases.describe_request(asked).startswith('GET /images/json?filters={"a": bbb')
    assert phrases.describe_request(asked).endswith("b…")
    assert len(phrases.describe_request(asked)) == 160


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (response("[]"), "status 200, application/json, 0 images"),
        (response('[{"Id": "a"}]'), "status 200, application/json, 1 image"),
        (response('{"message": "no\x07"}', status=400), 'status 400, application/json, {"message"'),
        (response(""), "status 200, application/json, an empty body"),
        (response("[1", cut=True), "status 200, application/json, 2 bytes"),
        (response("oops"), "status 200, application/json, oops"),
        (response("[" * 20000), "status 200, application/json, [[["),
        (RecordedResponse(status=204, headers={}, body="", size=0), "status 204, an empty body"),
    ],
)
def test_a_response_is_described_briefly(answer: RecordedResponse, told: str) -> None:
    assert phrases.describe_response(answer).startswith(told)
    assert len(phrases.describe_response(answer)) <= 140
    assert phrases.describe_response(answer).isprintable()


def test_a_missing_response_is_described_with_its_reason() -> None:
    assert phrases.describe_response(None, "it hung") == "none (it hung)"


def test_a_message_has_short_ids_and_decoded_queries() -> None:
    message = f"GET /images/json?filters=%7B%7D shows {ID}\n, not {'a' * 64}"
    told = phrases.describe_result(dataclasses.replace(RESULT, message=message))
    assert told == f"GET /images/json?filters={{}} shows 0123456789ab�, not {'a' * 12}"


def listing(*images: dict[str, object], **members: Any) -> RecordedExchange:
    return RecordedExchange(
        request=RecordedRequest(method="GET", target="/images/json"),
        response=response(json.dumps(images), **members),
    )


def test_the_name_of_an_image_follows_its_id() -> None:
    exchanges = (
        dataclasses.replace(listing(), response=None),
        listing({"Id": "sha256:" + "d" * 64, "RepoTags": ["cut:1"]}, cut=True),
        listing({"Id": ID, "RepoTags": ["busybox:1", "b:2"]}, {"Id": "a" * 64, "RepoTags": None}),
    )
    message = f"image {ID} and {ID} and {'a' * 64} and {'d' * 64}"
    told = dataclasses.replace(RESULT, message=message, exchanges=exchanges)
    assert phrases.describe_result(told) == (
        f"image 0123456789ab (busybox:1) and 0123456789ab and {'a' * 12} and {'d' * 12}"
    )


@pytest.mark.parametrize(
    "body", ["no JSON", "{}", "[1]", '[{"Id": 1, "RepoTags": ["a:1"]}]', '[{"RepoTags": [1]}]']
)
def test_an_id_without_a_listing_stays_unnamed(body: str) -> None:
    exchange = dataclasses.replace(listing(), response=response(body))
    told = dataclasses.replace(RESULT, message=f"image {ID}", exchanges=(exchange,))
    assert phrases.describe_result(told) == "image 0123456789ab"


def test_an_already_named_id_is_not_named_again() -> None:
    message = f"{ID} (untagged) is missing"
    named = listing({"Id": ID, "RepoTags": ["busybox:1"]})
    told = dataclasses.replace(RESULT, message=message, exchanges=(named,))
    assert phrases.describe_result(told) == "0123456789ab (untagged) is missing"


def test_a_digest_in_a_reference_keeps_its_algorithm() -> None:
    message = f"RepoTags has busybox@{ID}"
    told = phrases.describe_result(dataclasses.replace(RESULT, message=message))
    assert told == "RepoTags has busybox@sha256:0123456789ab"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["- short", "+ shorter"], ["- short", "+ shorter"]),
        ([f"+ unexpected: {ID}"], ["+ unexpected: 0123456789ab"]),
        (
            [f"- a: {'x' * 50}1", f"+ a: {'x' * 50}2"],
            [f"- a: …{'x' * 24}1", f"+ a: …{'x' * 24}2"],
        ),
        ([f"- {'x' * 50}1", f"+ {'x' * 50}2"], [f"- {'x' * 37}…", f"+ {'x' * 37}…"]),
        ([f"- a: {'x' * 50}", "- b"], [f"- a: {'x' * 34}…", "- b"]),
        ([f"- {'x' * 60}: 1", f"+ {'x' * 60}: 2"], [f"- {'x' * 37}…", f"+ {'x' * 37}…"]),
        (
            [f"- a: {'x' * 50}", f"+ a: {'x' * 50}y"],
            [f"- a: …{'x' * 24}", f"+ a: …{'x' * 24}y"],
        ),
        (["- a: " + "x" * 60, "+ a: y"], [f"- a: {'x' * 34}…", "+ a: y"]),
        (
            [f"- a: {'x' * 50}1{'y' * 50}", f"+ a: {'x' * 50}2"],
            [f"- a: …{'x' * 24}1{'y' * 8}…", f"+ a: …{'x' * 24}2"],
        ),
        (["- \x1b[2J"], ["- �[2J"]),
    ],
)
def test_difference_lines_are_shortened_around_the_difference(
    lines: list[str], shown: list[str]
) -> None:
    result = dataclasses.replace(RESULT, difference=tuple(lines))
    assert phrases.difference(result, 40) == shown
