"""Features of later API versions, requested at earlier ones."""

from __future__ import annotations

from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.vectors.case import (
    Case,
    chosen,
    either,
    filters,
    listed,
    mistake,
    refused,
    request,
    spelled,
)
from muster.vectors.topics.members import no_manifests
from muster.vectors.topics.times import INSTANT
from muster.vectors.vector import Rule

ABOUT = "Parameters, filters and members of later API versions, asked of earlier ones"

SINCE = {
    "shared-size": ApiVersion(1, 42),
    "manifests": ApiVersion(1, 47),
    "identity": ApiVersion(1, 54),
}
ALL = Query(all=True)


def _parameter(name: str, since: ApiVersion) -> Case:
    """Return the case of a parameter that came with API *since*, at earlier versions."""
    uncalculated = Rule(values=(-1,), absent=True)
    shared = {"SharedSize": uncalculated} if name == "shared-size" else {}
    return Case(
        f"parameter-{name}",
        "LIST-LATER-PARAMETERS",
        request((name, "1")),
        listed(Query(), members=lambda _image, _version: shared),
        until=ApiVersion(since.major, since.minor - 1),
    )


def _filter(name: str, value: str, last: ApiVersion, meaning: Query | None) -> Case:
    """Return the case of a filter up to API *last*: refused, or honoured."""
    honoured = (
        listed(meaning)
        if meaning
        else chosen(lambda image: None if image.created is None else image.created < INSTANT)
    )
    return Case(
        f"filter-{name}-{value}",
        "LIST-LATER-FILTERS",
        request(("filters", filters({name: [value]}))),
        either(honoured, refused),
        until=last,
    )


MEANINGS = {
    ("reference", "busybox"): (ApiVersion(1, 24), Query(filter="busybox")),
    ("reference", "muster.test/no-such-image"): (
        ApiVersion(1, 24),
        Query(filter="muster.test/no-such-image"),
    ),
    ("before", "json"): (ApiVersion(1, 23), Query(filters={"before": ["json"]})),
    ("since", "json"): (ApiVersion(1, 23), Query(filters={"since": ["json"]})),
    ("until", "2016-03-01T12:30:00Z"): (ApiVersion(1, 43), None),
}

CASES = [
    *(_parameter(name, since) for name, since in SINCE.items()),
    *(_filter(*asked, *meaning) for asked, meaning in MEANINGS.items()),
    mistake("identity-alone", "LIST-IDENTITY-ALONE", ("identity", "1")),
    spelled(
        "identity-with-manifests",
        "LIST-MANIFESTS",
        [("all", "1"), ("manifests", "1"), ("identity", "1")],
        ALL,
    ),
    spelled("manifests", "LIST-MANIFESTS", [("manifests", "1")], Query()),
    spelled("manifests-and-all", "LIST-MANIFESTS", [("all", "1"), ("manifests", "true")], ALL),
    Case(
        "manifests-0",
        "LIST-MANIFESTS-UNASKED",
        request(("manifests", "0")),
        listed(Query(), members=no_manifests),
    ),
]
