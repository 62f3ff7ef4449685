"""Fuzzing reports no fault in any recorded response of a real daemon."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from muster.checks.steps import Listing
from muster.fuzzing import random_queries
from muster.fuzzing.conditions import Condition, _malformed, meanings
from muster.fuzzing.fault import fault
from muster.fuzzing.parts import DrawnQuery
from muster.fuzzing.values import sample_values
from muster.model.exchange import Exchange, Request, Response
from muster.model.image import Image, listing
from muster.model.name_filter import WITH_REFERENCE, WITHOUT_FILTER
from muster.model.query import ALL
from muster.model.version import ApiVersion
from muster.register.verdict import Passed
from tests.conformance.support.recorded import Replayed, recordings

pytestmark = pytest.mark.usefixtures("uncovered")
RECORDINGS = {each["server"]["name"]: each for each in recordings()}
SERVERS = [(name, version) for name, each in RECORDINGS.items() for version in each["listings"]]
NO_FILTERS = {"foo", "Dangling"}
OTHERS = {"shared-size", "manifests", "identity"}


def everything(recording: Mapping[str, Any], version: str) -> Listing:
    items = recording["listings"][version]
    response = Response(200, {"content-type": "application/json"}, json.dumps(items).encode())
    return Listing(Exchange(ALL, response), listing(response))


def answered(recording: Mapping[str, Any], exchange: Mapping[str, Any]) -> Response:
    body = exchange["body"]
    if isinstance(body, dict) and "$ref" in body:
        body = recording["bodies"][body["$ref"]]
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Response(exchange["status"], {"content-type": exchange["content_type"] or ""}, data)


def query(target: str, images: Sequence[Image], version: ApiVersion) -> DrawnQuery | None:
    """Return *target* as a drawn query; None if fuzzing never draws it."""
    path, _, query = target.partition("?")
    parameters = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    if path != "/images/json" or parameters.keys() & OTHERS or malformed(query):
        return None
    conditions = read(parameters.get("filters") or "{}", images, version)
    if conditions is None:
        return None
    name = parameters.get("filter")
    if name and not any(each.key == "reference" for each in conditions):
        conditions.append(Condition("filter", (name,), ((name,),), (), refusable=_malformed(name)))
    elif name and version < WITHOUT_FILTER:
        return None
    truth = parameters.get("all", "").strip().lower() not in {"", "0", "no", "false", "none"}
    refusable = any(each.refusable for each in conditions)
    read_as = tuple(meanings(conditions, everything=truth))
    return DrawnQuery(Request(unquote(target)), read_as, frozenset(), refusable)


def malformed(query: str) -> bool:
    return ";" in query or "%zz" in query or query.endswith(("%", "%2"))


def read(text: str, images: Sequence[Image], version: ApiVersion) -> list[Condition] | None:
    try:
        filters = json.loads(text)
    except ValueError:
        return None
    if filters is None:
        return []
    if not isinstance(filters, dict) or len({type(value) for value in filters.values()}) > 1:
        return None
    image_ids = dict(sample_values(images).everywhere.image_ids)
    found = [condition(key, value, image_ids, version) for key, value in filters.items()]
    kept = [each for each in found if each is not None]
    return kept if len(kept) == len(found) else None


def condition(
    key: str, value: Any, image_ids: Mapping[str, str], version: ApiVersion
) -> Condition | None:
    flags = value.values() if isinstance(value, dict) else ()
    texts = tuple(value) if isinstance(value, list | dict) else ()
    if not texts or not all(isinstance(text, str) and text for text in texts):
        return None
    if not all(flag is True for flag in flags):
        return None
    several = tuple((each,) for each in texts) if len(texts) > 1 else ()
    meanings: dict[str, tuple[tuple[str, ...], ...]] = {
        "label": (texts,),
        "dangling": (texts,) if texts in {("true",), ("false",)} else (),
        "reference": (texts,),
        "before": (texts, *several),
        "since": (texts, *several),
        **dict.fromkeys(NO_FILTERS, ()),
    }
    drawn = {
        "label": all(drawable(text) for text in texts),
        "dangling": len(texts) == 1 and texts[0] not in {"0", "1"},
        "reference": version >= WITH_REFERENCE and "@" not in "".join(texts),
        "before": version.minor >= 24 and image_ids.keys() >= set(texts),
        "since": version.minor >= 24 and image_ids.keys() >= set(texts),
        **dict.fromkeys(NO_FILTERS, True),
    }
    if not drawn.get(key):
        return None
    images = image_ids if key in {"before", "since"} else {}
    named = [tuple(images.get(text, text) for text in read) for read in meanings[key]]
    refusable = key == "reference" and any(map(_malformed, texts))
    return Condition(key, texts, tuple(named), (), refusable=refusable)


def drawable(label: str) -> bool:
    return not label.partition("=")[0].endswith("!") and len(label) <= 200


@pytest.mark.parametrize("name", RECORDINGS)
def test_no_recorded_response_is_reported_as_wrong(name: str) -> None:
    recording = RECORDINGS[name]
    asked: Counter[str] = Counter()
    for version in filter(None, recording["listings"]):
        at, full = ApiVersion.parse(version), everything(recording, version)
        for exchange in recording["exchanges"]:
            if exchange["version"] != version or exchange["method"] != "GET":
                continue
            drawn_as = query(exchange["target"], full.images, at)
            if drawn_as is None or exchange.get("unstable"):
                continue
            got = Exchange(drawn_as.request, answered(recording, exchange))
            assert fault(drawn_as, got, full, at) is None, exchange["id"]
            asked.update({"all": 1, "mistakes": not drawn_as.meanings})
    assert asked["all"] > 150
    assert asked["mistakes"] > 1


@pytest.mark.parametrize(
    ("name", "version"),
    [(name, version) for name, version in SERVERS if version],
    ids=lambda text: text.replace(" ", "-"),
)
def test_no_server_with_recorded_images_is_accused(name: str, version: str) -> None:
    server = Replayed(RECORDINGS[name], version)
    outcomes, _ = random_queries.ask(server, version=ApiVersion.parse(version), seed=0, count=200)
    assert outcomes == {"LIST-QUERY": Passed()}
