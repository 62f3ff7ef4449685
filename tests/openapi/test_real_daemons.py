"""Recorded responses of real daemons match the contract at every version."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import muster_openapi
from muster_openapi import UnknownVersion

RECORDINGS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "data").glob("docker-*.json"))
}
DIGEST_AS_TAG = re.compile(r"^[^\s@]+@sha256:[0-9a-f]{64}$")

CONTAINERD = [server for server in RECORDINGS if server.endswith("containerd")]

# Where a daemon contradicts itself or answers below the API: what is excepted, and why.
CLEANED = "paths with // are redirected to the clean one before the API sees them"
OPTIONS = "OPTIONS is answered with nothing, for the sake of browsers, whatever the path"
NOT_HTTP = "what is not HTTP is answered by the language's library, in plain text (error.not-http)"
NEVER_HEARD = "1.11.2 answers in plain text whatever version it is asked for, later ones too"
DIGEST_IN_TAGS = "the containerd store lists the digest by which an image was pulled as a tag too"
NO_VIRTUAL_SIZE = "28.5 leaves VirtualSize out where it would be 0 (image.virtual-size-there)"
EXCEPTIONS = {CLEANED, OPTIONS, NOT_HTTP, NEVER_HEARD, DIGEST_IN_TAGS, NO_VIRTUAL_SIZE}


@cache
def document(version: str) -> dict[str, Any]:
    """Return the document of a version; for versions older than all, the oldest's."""
    try:
        return muster_openapi.document(version)
    except UnknownVersion:
        return muster_openapi.document(muster_openapi.OLDEST)


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def excepted(server: str, answer: dict[str, Any]) -> str | None:
    """Return the reason why an answer need not fit, if there is one."""
    if answer["status"] == 301 and "//" in answer["path"]:
        return CLEANED
    if answer["method"] == "OPTIONS" and answer["status"] == 200:
        return OPTIONS
    if answer.get("body") == "400 Bad Request":
        return NOT_HTTP
    if server == "docker-1.11.2" and min(map(number, answer["versions"])) > (1, 23):
        return NEVER_HEARD
    return None


def operation(document: dict[str, Any], method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the responses described for a request, and where the document has them."""
    for template, operations in document["paths"].items():
        pattern = re.escape(template).replace(re.escape("{name}"), ".+")
        if re.fullmatch(pattern, unquote(path)) and method.lower() in operations:
            place = f"/paths/{template.replace('/', '~1')}/{method.lower()}/responses"
            return place, operations[method.lower()]["responses"]
    # The response of every server to undescribed requests.
    responses = document["components"]["responses"]
    return "/components/responses", {"400": responses["BadRequest"], "404": responses["NotFound"]}


def schema_place(document: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """Where the schema of an answer's body stands; no place if it must not have a body."""
    place, responses = operation(document, answer["method"], answer["path"])
    status = str(answer["status"])
    status = status if status in responses else f"{status[0]}XX"
    assert status in responses, f"{status} is not described"
    response = responses[status]
    if place == "/components/responses":
        place = f"{place}/{'BadRequest' if status == '400' else 'NotFound'}"
    elif "$ref" in response:
        place = response["$ref"].removeprefix("#")
        response = document["components"]["responses"][place.rpartition("/")[2]]
    else:
        place = f"{place}/{status}"
    if answer["method"] == "HEAD":
        assert answer["body"] == ""
        return None
    media_type = answer["type"].partition(";")[0]
    assert media_type in response["content"], f"{media_type} is not described"
    return f"{place}/content/{media_type.replace('/', '~1')}/schema"


ANSWERS = [
    pytest.param(
        answer, id=f"{server} {answer['status']} {answer['method']} {answer['target']}"[:100]
    )
    for server, recording in RECORDINGS.items()
    for answer in recording["answers"]
    if excepted(server, answer) is None
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_response_matches_the_documents_of_its_versions(
    answer: dict[str, Any], errors: Any
) -> None:
    for described in {id(found): found for found in map(document, answer["versions"])}.values():
        place = schema_place(described, answer)
        if "images" in answer:
            assert place is not None
            assert described["paths"]["/images/json"]["get"]["responses"]["200"]
            assert errors(described, place, []) == []
        elif place is not None:
            found = errors(described, place, answer["body"])
            assert [error for error in found if excepted_error(error) is None] == []


def excepted_error(error: Any) -> str | None:
    """Return the reason for which an image need not fit, if there is one."""
    if (
        "RepoTags" in error.path
        and isinstance(error.instance, str)
        and DIGEST_AS_TAG.match(error.instance) is not None
    ):
        return DIGEST_IN_TAGS
    if error.message == "'VirtualSize' is a required property" and error.instance["Size"] == 0:
        return NO_VIRTUAL_SIZE
    return None


@pytest.mark.parametrize("server", RECORDINGS)
def test_every_listed_image_matches_the_documents_of_its_versions(server: str, errors: Any) -> None:
    unfit = [
        (version, error.message)
        for versions, image in RECORDINGS[server]["images"]
        for version in versions
        for error in errors(document(version), "/components/schemas/ImageSummary", image)
        if not (server in CONTAINERD and excepted_error(error))
    ]

    assert unfit == []


def test_every_exception_is_needed(errors: Any) -> None:
    needed = {
        reason
        for server, recording in RECORDINGS.items()
        for answer in recording["answers"]
        if (reason := excepted(server, answer)) is not None
    }
    schema = "/components/schemas/ImageSummary"
    needed |= {
        excepted_error(error)
        for server in CONTAINERD
        for versions, image in RECORDINGS[server]["images"]
        for error in errors(document(versions[0]), schema, image)
    }

    assert needed == EXCEPTIONS


def test_the_recordings_cover_every_document_and_edge_cases() -> None:
    images = [each for recording in RECORDINGS.values() for each in recording["images"]]
    described = {
        muster_openapi.document_version(version)
        for versions, _ in images
        for version in versions
        if number(version) >= (1, 23)
    }

    # The others changed nothing in a list.
    assert set(muster_openapi.VERSIONS) - described == {"1.49", "1.50", "1.53"}
    assert {-62135596800, 0} <= {image["Created"] for _, image in images}
    assert {"RepoTags", "RepoDigests", "Labels"} == {
        name for _, image in images for name, value in image.items() if value is None
    }
    assert any(image.get("Manifests") for _, image in images)
    assert any("Descriptor" in image for _, image in images)
    assert {
        (answer["status"], template)
        for recording in RECORDINGS.values()
        for answer in recording["answers"]
        for template in ("/images/json", "/images/app:v1/json", "/_ping", "/version")
        if answer["path"] == template and answer["method"] == "GET"
    } >= {
        (200, "/images/json"),
        (400, "/images/json"),
        (404, "/images/json"),
        (500, "/images/json"),
        (200, "/images/app:v1/json"),
        (200, "/version"),
    }
