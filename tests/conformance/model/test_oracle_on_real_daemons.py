"""The model calls every answer of a real daemon correct."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from muster.model import difference
from muster.model.exchange import Response
from muster.model.image import Image, listing
from muster.model.oracle import expected
from muster.model.query import Query
from muster.model.version import ApiVersion

pytestmark = pytest.mark.usefixtures("uncovered")
RECORDINGS: list[dict[str, Any]] = json.loads(
    gzip.decompress((Path(__file__).parents[1] / "data" / "listings.json.gz").read_bytes())
)
NOT_MODELLED = {
    "until",  # engines date images differently
    "label!",  # of the containerd store only
}


def images(items: list[dict[str, Any]]) -> tuple[Image, ...]:
    body = json.dumps(items).encode()
    return listing(Response(200, {"content-type": "application/json"}, body))


def query(target: str, version: ApiVersion) -> Query | None:
    """Return the query of *target*; None if the suite does not ask it at *version*."""
    parameters = dict(reversed(parse_qsl(target.partition("?")[2], keep_blank_values=True)))
    try:
        filters = read_filters(json.loads(parameters.get("filters") or "{}"))
    except ValueError:
        return None
    if filters is None or filters.keys() & NOT_MODELLED:
        return None
    if not suits(filters, parameters.get("filter"), version):
        return None
    truth = parameters.get("all", "").strip().lower() not in {"", "0", "no", "false", "none"}
    return Query(all=truth, filters=filters, filter=parameters.get("filter") or None)


def read_filters(value: Any) -> dict[str, list[str]] | None:
    """Return the filters as lists; None if one has no values: engines differ on its meaning."""
    if not isinstance(value, dict) or not all(value.values()):
        return None
    return {key: list(values) for key, values in value.items()}


def suits(filters: dict[str, list[str]], name: str | None, version: ApiVersion) -> bool:
    if "reference" in filters and (version < ApiVersion(1, 25) or name):
        return False
    # With `!=` the containerd store means a negation, and it does not find images by digest.
    if any("!=" in text and "!" in text.partition("=")[0] for text in filters.get("label", ())):
        return False
    if any("@" in text for text in filters.get("reference", ())):
        return False
    if any(len(filters.get(key, ())) > 1 for key in ("before", "since")):
        return False
    return filters.get("dangling", ["true"]) in (["true"], ["false"])


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording["server"])
def test_the_model_explains_every_recorded_listing(recording: dict[str, Any]) -> None:
    full = {version: images(items) for version, items in recording["listings"].items()}
    explained = 0
    for versions, target, shown in recording["answers"]:
        for text in versions:
            version = ApiVersion.parse(text)
            asked = query(target, version)
            if asked is None:
                continue
            got = images([{"Id": recording["ids"][i], "RepoTags": tags} for i, tags in shown])
            differences = [
                difference.image_differences(answer, got) + difference.tag_differences(answer, got)
                for answer in expected(full[text], asked, version)
            ]
            assert [] in differences, f"v{text}{target}: {min(differences, key=len)}"
            explained += 1
    assert explained > 150
