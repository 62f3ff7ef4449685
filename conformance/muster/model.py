"""What a correct server answers, worked out from its own full listing.

A pure function of the images and the query. Correct servers differ in a few places, so a model
speaks in the terms of all of them: some images may be in the answer or not, and some names may be
shown or not; everything else is exact.

Sources: the contract (`openapi/v1.23.yaml`); moby v1.11.2 and v20.10 `daemon/images.go`,
`daemon/images/images.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from muster.image import Image, plain_id
from muster.pattern import BadPattern, matches
from muster.query import Query
from muster.reference import is_tagged, repository

ID_LENGTH = 64
"""Hexadecimal digits of a whole Id."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A correct answer.

    Attributes:
        images: those that must be there; with the tags that must be shown.
        optional: Ids of images that correct servers list or leave out.
    """

    images: tuple[Image, ...]
    optional: frozenset[str] = frozenset()


def expected(full: Sequence[Image], query: Query) -> tuple[Expected, ...]:
    """Every answer to *query* that is correct for a server whose full listing (`all=1`) is *full*.

    Where engines agree there is one; where a pattern in `filter` means one thing to Docker up to
    1.12 and another to later ones, there are two. To a malformed pattern, for which this gives the
    answer of the former, an error is correct as well.
    """
    answers = [_expected(full, query, _narrow_1_11)]
    try:
        later = _expected(full, query, _narrow_1_13)
    except BadPattern:
        return tuple(answers)
    return tuple(answers) if later in answers else (*answers, later)


def with_children(full: Sequence[Image]) -> frozenset[str]:
    """The Ids of the images of *full* that are the parent of another; a ParentId may be short."""
    named = {plain_id(image.parent) for image in full if image.parent}
    short = tuple(parent for parent in named if len(parent) < ID_LENGTH)
    return frozenset(
        image.id
        for image in full
        if plain_id(image.id) in named or (short and plain_id(image.id).startswith(short))
    )


def intermediate(full: Sequence[Image]) -> list[Image]:
    """The images of *full* that only `all=1` shows: untagged, and with children."""
    having = with_children(full)
    return [image for image in full if not image.references and image.id in having]


def has_labels(image: Image, wanted: Sequence[str]) -> bool:
    """Whether *image* has every label of *wanted*: `key`, or `key=value` for exactly that value."""
    for condition in wanted:
        key, equals, value = condition.partition("=")
        if key not in image.labels or (equals and image.labels[key] != value):
            return False
    return True


def _expected(
    full: Sequence[Image], query: Query, narrow: Callable[[Image, str], Image]
) -> Expected:
    having_children = with_children(full)
    images: list[Image] = []
    optional: set[str] = set()
    for image in full:
        if not has_labels(image, query.filters.get("label", ())):
            continue
        shown = narrow(image, query.filter) if query.filter else image
        listed = _is_listed(shown, query, has_children=image.id in having_children)
        if listed is None:
            optional.add(image.id)
        if listed is not False:
            images.append(shown)
    return Expected(tuple(images), frozenset(optional))


def _is_listed(image: Image, query: Query, *, has_children: bool) -> bool | None:
    """Whether *image*, with the names that `filter` left it, is listed; None if servers differ."""
    dangling = query.filters.get("dangling")
    # The server hides digests, so that the image may or may not be named by one.
    unknown = not image.tags and image.digests is None and not image.nameless
    if query.filter and not image.references:
        return None if unknown else False
    if dangling is None:
        listed = bool(image.references) or query.all or not has_children
        return None if unknown and not listed else listed
    if unknown:
        return None
    if image.tags:
        return dangling != ["true"]
    if image.references:
        # Named by a digest only: dangling, not dangling or both, by engine and version.
        return None
    return dangling == ["true"] and not has_children


def _narrow_1_11(image: Image, pattern: str) -> Image:
    if is_tagged(pattern):
        return _keep(image, lambda reference: reference == pattern)
    try:
        return _keep(image, lambda reference: matches(pattern, repository(reference)))
    except BadPattern:
        return _keep(image, lambda _: False)


def _narrow_1_13(image: Image, pattern: str) -> Image:
    return _keep(
        image,
        lambda reference: matches(pattern, reference) or matches(pattern, repository(reference)),
    )


def _keep(image: Image, wanted: Callable[[str], bool]) -> Image:
    return replace(
        image,
        tags=tuple(filter(wanted, image.tags)),
        digests=None if image.digests is None else tuple(filter(wanted, image.digests)),
    )
