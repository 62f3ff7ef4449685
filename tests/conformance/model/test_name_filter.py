from __future__ import annotations

import pytest

from muster.model.image import Image
from muster.model.name_filter import name_filters, narrowed
from muster.model.query import Query
from muster.model.version import ApiVersion

IMAGE = Image("a", tags=("busybox:1", "h:5/busybox:2"), digests=("team/x@sha256:0",))
FILTER, REFERENCE = Query(filter="busybox"), Query(filters={"reference": ["busybox"]})


def ways(query: Query, version: str) -> list[tuple[str, ...] | None]:
    """Return the names of IMAGE that each correct reading keeps; None for all."""
    found = name_filters(query, ApiVersion.parse(version))
    return [
        narrowed(IMAGE, each.admitted(IMAGE.references)).references if each else None
        for each in found
    ]


@pytest.mark.parametrize(
    ("query", "version", "left"),
    [
        (Query(), "1.23", [None]),
        (Query(filter=""), "1.23", [None]),
        (FILTER, "1.23", [("busybox:1",)] * 2),
        (FILTER, "1.25", [("busybox:1",), None]),
        (FILTER, "1.40", [("busybox:1",), None]),
        (FILTER, "1.41", [None]),
        (REFERENCE, "1.24", [None]),
        (REFERENCE, "1.25", [("busybox:1",)] * 2),
        (REFERENCE, "1.54", [("busybox:1",)] * 2),
    ],
)
def test_the_name_filter_depends_on_parameter_and_version(
    query: Query, version: str, left: list[tuple[str, ...] | None]
) -> None:
    assert ways(query, version) == left


@pytest.mark.parametrize(
    ("patterns", "familiar", "canonical"),
    [
        (["busybox:1"], ("busybox:1",), ("busybox:1",)),
        (["busybox:*", "none"], ("busybox:1",), ("busybox:1",)),
        (["*/*"], ("h:5/busybox:2", "team/x@sha256:0"), ("h:5/busybox:2", "team/x@sha256:0")),
        (["docker.io/library/busybox"], (), ("busybox:1",)),
        (["docker.io/*/x"], (), ("team/x@sha256:0",)),
        (["busybox:1", "h:5/*"], ("busybox:1", "h:5/busybox:2"), ("busybox:1", "h:5/busybox:2")),
        (["["], (), ()),
        ([], (), ()),
    ],
)
def test_a_reference_has_a_familiar_and_a_canonical_interpretation(
    patterns: list[str], familiar: tuple[str, ...], canonical: tuple[str, ...]
) -> None:
    assert ways(Query(filters={"reference": patterns}), "1.25") == [familiar, canonical]


def test_unknown_digests_stay_unknown() -> None:
    assert narrowed(Image("a", tags=("x:1",), digests=None), frozenset()).digests is None
