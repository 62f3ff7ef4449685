"""Images of several platforms, for servers that keep indexes."""

from __future__ import annotations

from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.vectors.case import Case, ask, listed, request, sent
from muster.vectors.topics.members import no_manifests
from muster.vectors.vector import CatalogueImage, Rule

ABOUT = "Images of several platforms; only for servers that keep indexes"


def _manifests(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    parts = [part for each in image.manifests for part in (each.digest, each.kind)]
    return {"Manifests": Rule(contains=tuple(dict.fromkeys(parts)))}


CASES = [
    ask("plain", "LIST-ALL-INTERMEDIATE", Query(), "platforms"),
    Case(
        "manifests",
        "LIST-MANIFESTS-CONTENT",
        request(("manifests", "1")),
        listed(Query(), members=_manifests),
        "platforms",
    ),
    Case(
        "manifests-of-one-image",
        "LIST-MANIFESTS-CONTENT",
        request(("filters", '{"reference":["platforms/two"]}'), ("manifests", "1")),
        listed(Query(filters={"reference": ["platforms/two"]}), members=_manifests),
        "platforms",
    ),
    Case(
        "unasked",
        "LIST-MANIFESTS-UNASKED",
        sent(Query()),
        listed(Query(), members=no_manifests),
        "platforms",
    ),
    Case(
        "early",
        "LIST-LATER-MEMBERS",
        request(("manifests", "1")),
        listed(Query(), members=no_manifests),
        "platforms",
        until=ApiVersion(1, 46),
    ),
]
