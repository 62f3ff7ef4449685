"""Derives a correct server's answer from its own full listing.

A pure function of the images, the query and the API version. Correct servers differ in a few
places, so the model covers all of them: some images may or may not be in the answer; everything
else is exact.

Sources: the contract (`openapi/`); moby v1.11.2 `daemon/images.go`, v20.10 and v29
`daemon/images/images.go`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from muster.model.image import SHORT_ID, Image, plain_id
from muster.model.name_filter import NameFilter, name_filters, narrowed
from muster.model.query import Query
from muster.model.version import FIRST, ApiVersion

ID_LENGTH = 64
"""Hexadecimal digits of a whole Id."""

_Bound = tuple[Image | None, int]
"""An image, or None if it does not exist; and -1 for before it, 1 for after."""

NEVER = (0, -62135596800)
"""The value of `Created` for an image without a date: in Docker 25.0 and later, and before."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A correct answer.

    Attributes:
        images: Images that must be listed, with the tags that must be shown.
        optional: Ids of images that correct servers may list or leave out.
    """

    images: tuple[Image, ...]
    optional: frozenset[str] = frozenset()


def expected(
    full: Sequence[Image], query: Query, version: ApiVersion = FIRST
) -> tuple[Expected, ...]:
    """Return every correct answer to *query* at *version*; *full* is the listing with `all=1`.

    There is one answer if engines agree, and several if they read a pattern differently.
    """
    return Oracle(full).expected(query, version)


class Oracle:
    """Derives the correct answers to many queries from one full listing.

    Args:
        full: The listing with `all=1`.
    """

    def __init__(self, full: Sequence[Image]) -> None:
        self.full = full

    @cached_property
    def _having_children(self) -> frozenset[str]:
        return with_children(self.full)

    @cached_property
    def _references(self) -> frozenset[str]:
        return frozenset(name for image in self.full for name in image.references)

    def expected(self, query: Query, version: ApiVersion = FIRST) -> tuple[Expected, ...]:
        """Return every correct answer to *query* at *version*, like `expected`."""
        answers: list[Expected] = []
        bounds = _bounds(self.full, query)
        labels = query.filters.get("label", ())
        images = [image for image in self.full if _is_labelled(image, labels) is not False]
        for name_filter in name_filters(query, version):
            answer = self._expected(images, query, name_filter, bounds)
            if answer not in answers:
                answers.append(answer)
        return tuple(answers)

    def _expected(
        self,
        images: Sequence[Image],
        query: Query,
        name_filter: NameFilter | None,
        bounds: Sequence[_Bound],
    ) -> Expected:
        admitted = name_filter.admitted(self._references) if name_filter else frozenset()
        listed: list[Image] = []
        optional: set[str] = set()
        for image in images:
            shown = image
            if name_filter:
                if image.references and admitted.isdisjoint(image.references) and _is_known(image):
                    # Fast path for nearly all images: no name matches.
                    continue
                shown = narrowed(image, admitted)
            answers = (
                _is_labelled(image, query.filters.get("label", ())),
                # Docker's containerd store identifies a tagged image by its tags alone.
                None if name_filter and image.tags and not shown.tags else True,
                _is_in_time(image, bounds),
                _is_listed(
                    shown,
                    query,
                    by_name=name_filter is not None,
                    named_anyhow=name_filter is not None
                    and not image.references
                    and name_filter.admits(_hidden_name(image)),
                    has_children=image.id in self._having_children,
                ),
            )
            if False in answers:
                continue
            listed.append(shown)
            if None in answers:
                optional.add(image.id)
        return Expected(tuple(listed), frozenset(optional))


def with_children(full: Sequence[Image]) -> frozenset[str]:
    """Return the Ids of the images of *full* that are parents; a ParentId may be short."""
    named = {plain_id(image.parent) for image in full if image.parent}
    short = tuple(parent for parent in named if len(parent) < ID_LENGTH)
    return frozenset(
        image.id
        for image in full
        if plain_id(image.id) in named or (short and plain_id(image.id).startswith(short))
    )


def intermediate(full: Sequence[Image]) -> list[Image]:
    """Return the images of *full* that only `all=1` shows: untagged, and with children."""
    having = with_children(full)
    return [image for image in full if not image.references and image.id in having]


def has_labels(image: Image, wanted: Sequence[str]) -> bool:
    """Whether *image* has every label of *wanted*: `key`, or `key=value` for exactly that value."""
    for condition in wanted:
        key, equals, value = condition.partition("=")
        if key not in image.labels or (equals and image.labels[key] != value):
            return False
    return True


def find(full: Sequence[Image], name: str) -> Image | None:
    """Return the image that *name* identifies: an Id, or a reference, which may omit `latest`.

    An Id may be cut to the twelve characters that clients show, if only one image has them.
    """
    for image in full:
        if {name, f"{name}:latest"} & {*image.references} or plain_id(name) == plain_id(image.id):
            return image
    beginning = [image for image in full if plain_id(image.id).startswith(plain_id(name))]
    return beginning[0] if len(beginning) == 1 and len(plain_id(name)) >= SHORT_ID else None


def _is_known(image: Image) -> bool:
    """Whether the listing shows all names of *image*, digests included."""
    return image.digests is not None or image.nameless


def _is_labelled(image: Image, wanted: Sequence[str]) -> bool | None:
    """Whether *image* has every label of *wanted*; None if another of its platforms may.

    Docker's containerd store shows the labels of one platform, but filters by those of all (moby PR
    45289).
    """
    return has_labels(image, wanted) or (False if image.has_one_platform else None)


def _hidden_name(image: Image) -> str:
    """Return the name under which the containerd store keeps *image* after it is untagged."""
    return f"moby-dangling@sha256:{plain_id(image.id)}"


def _is_listed(
    image: Image, query: Query, *, by_name: bool, named_anyhow: bool, has_children: bool
) -> bool | None:
    """Whether *image*, with the names that match, is listed; None if servers differ."""
    # The server hides digests, so the image may or may not have a name by digest.
    unknown = not image.tags and not _is_known(image)
    if by_name and not image.references:
        return None if unknown or named_anyhow else False
    dangling = query.filters.get("dangling")
    if dangling is None:
        listed = bool(image.references) or query.all or not has_children
        return None if unknown and not listed else listed
    if image.tags:
        return dangling != ["true"]
    if unknown or image.references:
        # Named by a digest only: dangling, not dangling or both, depending on engine and version.
        return None
    if has_children and dangling == ["true"] and query.all:
        # The containerd store lets all=1 include intermediate images here as well.
        return None
    return dangling == ["true"] and not has_children


def _bounds(full: Sequence[Image], query: Query) -> list[_Bound]:
    """Return the values of `before` and `since` in *query*."""
    return [
        (find(full, value), sign)
        for name, sign in (("before", -1), ("since", 1))
        for value in query.filters.get(name, ())
    ]


def _is_in_time(image: Image, bounds: Sequence[_Bound]) -> bool | None:
    """Whether `before` and `since` admit *image*; None if that depends on unlisted details.

    Daemons compare times to the nanosecond, but a listing shows whole seconds. An image without a
    date comes before everything up to Docker 24, and is never admitted from 25 on.
    """
    verdict: bool | None = True
    for other, sign in bounds:
        admitted = None if other is None else _is_on_side(image, other, sign)
        if admitted is False:
            return False
        verdict = verdict and admitted
    return verdict


def _is_on_side(image: Image, other: Image, sign: int) -> bool | None:
    """Whether *image* was created before (-1) or after (1) *other*; None if servers differ."""
    if image.created is None or other.created is None or other.created in NEVER:
        return None
    if image.id == other.id or (other.created - image.created) * sign > 0:
        return False
    return None if image.created == other.created or image.created in NEVER else True
