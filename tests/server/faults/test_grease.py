import asyncio
import json
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

import muster_openapi
from musterd.contract.versions import ApiVersion
from musterd.faults.grease import Grease, Oddities
from tests.server.support import asgi

MANY = range(40)
IMAGES = [
    {
        "Id": f"sha256:{number:064x}",
        "Created": 100 - number // 4,
        "RepoTags": [f"a:{number}", f"b:{number}", f"c:{number}"],
        "RepoDigests": [],
        "Labels": {},
    }
    for number in range(12)
]


def listings(version: str, images: Any = IMAGES) -> list[Any]:
    return [Oddities(seed).listing(images, ApiVersion(version)) for seed in MANY]


def test_grease_keeps_the_images() -> None:
    for listing in listings("1.24"):
        assert {image["Id"] for image in listing} == {image["Id"] for image in IMAGES}
        before = {image["Id"]: image for image in IMAGES}
        for image in listing:
            original = before[image["Id"]]
            assert sorted(image["RepoTags"]) == original["RepoTags"]
            assert not image["RepoDigests"]
            assert not image["Labels"]
            assert len(image) == len(original) + 1


def test_only_images_of_the_same_second_are_shuffled() -> None:
    found = listings("1.24")
    for listing in found:
        created = [image["Created"] for image in listing]
        assert created == sorted(created, reverse=True)
    assert len({tuple(image["Id"] for image in listing) for listing in found}) > 1


def test_names_and_members_are_shuffled() -> None:
    first = [
        next(image for image in listing if image["Id"] == IMAGES[0]["Id"])
        for listing in listings("1.24")
    ]
    assert len({tuple(image["RepoTags"]) for image in first}) > 1
    assert len({tuple(image) for image in first}) > 1


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
@pytest.mark.parametrize("member", ["RepoTags", "RepoDigests", "Labels"])
def test_empty_values_become_null_where_allowed(version: str, member: str) -> None:
    schemas = muster_openapi.document(version)["components"]["schemas"]
    nullable = schemas["ImageSummary"]["properties"][member].get("nullable", False)
    images = [IMAGES[0] | {member: {} if member == "Labels" else []}]
    shown = {repr(listing[0][member]) for listing in listings(version, images)}
    empty = "{}" if member == "Labels" else "[]"
    assert shown == ({empty, "None"} if nullable else {empty})


def test_absent_members_stay_absent() -> None:
    (image,) = Oddities(1).listing([{"Id": "a", "Created": 1}], ApiVersion("1.24"))
    assert {"RepoTags", "RepoDigests", "Labels"}.isdisjoint(image)


def test_the_same_seed_gives_the_same_listing() -> None:
    assert listings("1.24") == listings("1.24")


def ask(seed: int | None, target: str, method: str = "GET", **headers: str) -> asgi.Answer:
    """Ask an application that knows a listing, and no other method for it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        response: Response = JSONResponse(IMAGES, headers={"ETag": '"x"'})
        if scope["method"] != "GET":
            response = Response("no", 404)
        elif any(name == b"accept-encoding" for name, _ in scope["headers"]):
            response = Response("compressed")
        await response(scope, receive, send)

    greased = Grease(app, Oddities(seed))
    return asyncio.run(asgi.ask(greased, target, method, headers=headers))


def test_bodies_have_a_length_or_are_chunked() -> None:
    answers = [ask(seed, "/v1.24/images/json") for seed in MANY]
    assert {"content-length" in answer.headers for answer in answers} == {True, False}
    for answer in answers:
        assert len(json.loads(answer.body)) == len(IMAGES)
        assert answer.headers.get("content-length", str(len(answer.body))) == str(len(answer.body))
        assert "etag" not in answer.headers


def test_the_query_influences_the_grease() -> None:
    targets = [f"/v1.24/images/json?all={number}" for number in MANY]
    assert {"content-length" in ask(1, target).headers for target in targets} == {True, False}


def test_a_greased_listing_is_not_compressed() -> None:
    assert len(json.loads(ask(1, "/images/json", **{"Accept-Encoding": "gzip"}).body)) > 1


def test_a_wrong_method_is_not_found_or_not_allowed() -> None:
    answers = [ask(seed, "/images/json", "POST") for seed in MANY]
    assert {answer.status for answer in answers} == {404, 405}
    allowed = {answer.headers.get("allow") for answer in answers if answer.status == 405}
    assert allowed == {"GET, DELETE"}
    assert ask(1, "/images/json", "DELETE").status == 404


def test_other_responses_are_unchanged() -> None:
    assert json.loads(ask(1, "/images/a/json").body) == IMAGES
    assert json.loads(ask(None, "/images/json").body) == IMAGES


def test_other_scopes_are_passed_on() -> None:
    seen: list[Any] = []

    async def note(scope: Any, *_: Any) -> None:
        seen.append(scope)

    asyncio.run(Grease(note, Oddities(1))({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]
