from __future__ import annotations

import json
from typing import Any

import pytest

from muster.checks.steps import Listing
from muster.fuzzing.conditions import Trait
from muster.fuzzing.fault import FaultKind, alike, fault
from muster.fuzzing.parts import DrawnQuery
from muster.model.exchange import Exchange, Response
from muster.model.image import listing
from muster.model.query import Query
from muster.model.version import ApiVersion
from tests.mutants.stand_in import image

VERSION = ApiVersion(1, 25)
NEW = image("new", 9, RepoTags=["new:1", "new:2"], Labels={"k": "v"})
OLD = image("old", 3, RepoTags=["old:1"])
BOTH_NEW, ONLY_OLD = "6e6577000000 (new:1 and 1 more)", "6f6c64000000 (old:1)"
TARGET = "/images/json?all=1"


def answer(
    *images: dict[str, Any], status: int = 200, media_type: str = "application/json"
) -> Response:
    body = json.dumps(images).encode()
    return Response(status, {"content-type": media_type} if media_type else {}, body)


def everything() -> Listing:
    response = answer(NEW, OLD)
    return Listing(Exchange(Query(all=True).request(), response), tuple(listing(response)))


def query(*meanings: Query, refusable: bool = False) -> DrawnQuery:
    return DrawnQuery(Query(all=True).request(), meanings, frozenset({Trait.ALL}), refusable)


ALL = query(Query(all=True))
LABEL = query(Query(all=True, filters={"label": ["k"]}))
NAME = query(Query(all=True, filters={"reference": ["new:1"]}))
MISTAKE = query()


def found(asked: DrawnQuery, response: Response | None, error: str = "") -> tuple[FaultKind, str]:
    shown = fault(asked, Exchange(asked.request, response, error), everything(), VERSION)
    assert shown is not None
    return shown.kind, shown.message


@pytest.mark.parametrize(
    ("asked", "response"),
    [
        (ALL, answer(NEW, OLD)),
        (LABEL, answer(NEW)),
        (NAME, answer(NEW | {"RepoTags": ["new:1"]})),
        (query(Query(all=True), Query(all=True, filters={"label": ["k"]})), answer(NEW)),
        (MISTAKE, answer(status=400)),
        (MISTAKE, answer(status=500)),
        (query(Query(all=True), refusable=True), answer(status=400)),
        (query(Query(all=True), refusable=True), answer(NEW, OLD)),
        (ALL, answer(NEW, OLD, media_type="application/json; charset=utf-8")),
    ],
)
def test_a_correct_response_has_no_fault(asked: DrawnQuery, response: Response) -> None:
    assert fault(asked, Exchange(asked.request, response), everything(), VERSION) is None


@pytest.mark.parametrize(
    ("asked", "response", "kind", "message"),
    [
        (ALL, None, FaultKind.NO_ANSWER, f"no answer came to GET {TARGET}: refused"),
        (
            MISTAKE,
            answer(NEW),
            FaultKind.ACCEPTED,
            f"GET {TARGET} is a mistake, and is not answered with an error",
        ),
        (
            ALL,
            answer(status=500),
            FaultKind.NO_LISTING,
            f"GET {TARGET}: a listing was expected, but the answer has status 500: []",
        ),
        (
            ALL,
            answer(NEW, OLD, media_type="text/plain"),
            FaultKind.MEDIA_TYPE,
            f"GET {TARGET}: the Content-Type is text/plain",
        ),
        (
            ALL,
            answer(NEW, OLD, media_type=""),
            FaultKind.MEDIA_TYPE,
            f"GET {TARGET}: the Content-Type is absent",
        ),
        (
            ALL,
            answer(NEW),
            FaultKind.IMAGES,
            f"GET {TARGET} lists other images than the full listing implies",
        ),
        (
            NAME,
            answer(NEW),
            FaultKind.TAGS,
            f"GET {TARGET} shows other RepoTags than the full listing implies",
        ),
        (ALL, answer(NEW, NEW, OLD), FaultKind.REPEATED, f"GET {TARGET} lists {NEW['Id']} 2 times"),
        (
            ALL,
            answer(OLD, NEW),
            FaultKind.ORDER,
            f"GET {TARGET} lists {BOTH_NEW}, which was created later, behind {ONLY_OLD}",
        ),
        (
            ALL,
            answer(NEW, OLD | {"Size": 1}),
            FaultKind.FIELDS,
            f"GET {TARGET} shows images with other members than the full listing",
        ),
    ],
)
def test_a_wrong_response_has_one_fault(
    asked: DrawnQuery, response: Response | None, kind: FaultKind, message: str
) -> None:
    assert found(asked, response, "refused") == (kind, message)


def test_null_differs_from_an_empty_array() -> None:
    asked = query(Query(filters={"label": ["no"]}))
    response = Response(200, {"content-type": "application/json"}, b" null\n")
    shown = fault(asked, Exchange(asked.request, response), everything(), VERSION)
    assert shown
    assert (shown.kind, shown.difference) == (FaultKind.NULL, ("- []", "+ null"))


def test_the_nearest_of_several_meanings_is_reported() -> None:
    asked = query(Query(all=True), Query(all=True, filters={"label": ["none"]}))
    shown = fault(asked, Exchange(asked.request, answer(OLD)), everything(), VERSION)
    assert shown
    assert shown.kind is FaultKind.IMAGES
    assert len(shown.difference) == 1


def test_an_undated_image_may_be_in_any_position() -> None:
    undated = answer(OLD, NEW | {"Created": None})
    asked = query(Query(all=True))
    full = Listing(everything().exchange, tuple(listing(undated)))
    assert fault(asked, Exchange(asked.request, undated), full, VERSION) is None


def test_names_narrowed_by_a_query_are_not_compared_as_members() -> None:
    described = NEW | {"RepoTags": ["new:1"], "Descriptor": {"name": "new:1"}}
    asked = NAME
    assert fault(asked, Exchange(asked.request, answer(described)), everything(), VERSION) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (FaultKind.IMAGES, FaultKind.IMAGES, True),
        (FaultKind.IMAGES, FaultKind.TAGS, True),
        (FaultKind.TAGS, FaultKind.IMAGES, True),
        (FaultKind.ORDER, FaultKind.IMAGES, False),
    ],
)
def test_faults_in_images_and_tags_are_alike(
    one: FaultKind, other: FaultKind, *, same: bool
) -> None:
    assert alike(one, other) is same
