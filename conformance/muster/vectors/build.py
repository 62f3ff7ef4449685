"""Derives the vectors of every topic from the cases, the register and the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from muster.model.version import FIRST, NEWEST, ApiVersion
from muster.register.requirements import find
from muster.vectors.case import Case
from muster.vectors.catalogues import catalogues
from muster.vectors.recorded import servers
from muster.vectors.topics import (
    all_images,
    dangling,
    errors,
    filter_syntax,
    labels,
    members,
    names,
    order,
    parameters,
    platforms,
    times,
    versions,
)
from muster.vectors.vector import FORMAT, Topic, Vector, text

TOPICS: dict[str, tuple[str, list[Case]]] = {
    "all": (all_images.ABOUT, all_images.CASES),
    "order": (order.ABOUT, order.CASES),
    "members": (members.ABOUT, members.CASES),
    "dangling": (dangling.ABOUT, dangling.CASES),
    "labels": (labels.ABOUT, labels.CASES),
    "filter": (names.FILTER_ABOUT, names.FILTER_CASES),
    "reference": (names.REFERENCE_ABOUT, names.REFERENCE_CASES),
    "before-since": (times.ABOUT, times.CASES),
    "until": (times.UNTIL_ABOUT, times.UNTIL_CASES),
    "filters-syntax": (filter_syntax.ABOUT, filter_syntax.CASES),
    "parameters": (parameters.ABOUT, parameters.CASES),
    "versions": (versions.ABOUT, versions.CASES),
    "errors": (errors.ABOUT, errors.CASES),
    "platforms": (platforms.ABOUT, platforms.CASES),
}
"""The topics by name, each with its subject and its cases."""

SCHEMA = "vectors.schema.json"
VERSIONS = [ApiVersion(1, minor) for minor in range(FIRST.minor, NEWEST.minor + 1)]


def cases() -> Iterator[Case]:
    """Yield the cases of every topic."""
    for _, found in TOPICS.values():
        yield from found


def topics() -> Iterator[Topic]:
    """Yield every topic with its vectors."""
    for name, (about, found) in TOPICS.items():
        vectors = tuple(each for case in found for each in _vectors(name, case))
        used = {vector.catalogue for vector in vectors}
        held = {key: images for key, images in catalogues().items() if key in used}
        yield Topic(format=FORMAT, topic=name, about=about, catalogues=held, vectors=vectors)


def files() -> dict[str, str]:
    """Return the text of every file of `conformance/vectors/`, by its name."""
    written = {f"{topic.topic}.json": text(topic) for topic in topics()}
    schema = Path(__file__).with_name(SCHEMA).read_text("utf-8")
    return {SCHEMA: schema, **written}


def _vectors(topic: str, case: Case) -> Iterator[Vector]:
    """Yield a vector for each group of API versions that expect the same of *case*."""
    held = catalogues()[case.catalogue]
    at_each = [
        (case.expect(held, version), version) for version in VERSIONS if case.holds_at(version)
    ]
    groups = [
        (expected, [version for _, version in same])
        for expected, same in groupby(at_each, key=itemgetter(0))
    ]
    requirement = find(case.requirement)
    for expected, at_versions in groups:
        at = f"@{at_versions[0]}" if len(groups) > 1 else ""
        is_asked_alone = not any(each.same for each in expected)
        held_by_daemons = case.catalogue == "docker" and is_asked_alone
        real = servers(case.request.query, at_versions) if held_by_daemons else {}
        yield Vector(
            id=f"{topic}/{case.id}{at}",
            requirement=requirement.id,
            level=requirement.level,
            rule=requirement.rule,
            source=requirement.source,
            catalogue=case.catalogue,
            since=str(at_versions[0]),
            until="" if at_versions[-1] == NEWEST else str(at_versions[-1]),
            request=case.request,
            expect=expected,
            recorded=real,
        )
