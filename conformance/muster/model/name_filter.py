"""Selects the names of an image that a query admits: `filter`, and from 1.25 `reference`.

Engines disagree on some patterns, so one version may have several correct interpretations.

Sources: moby v1.11.2 `daemon/images.go` (ParseNamed, path.Match); v17.04 to v20.10
`daemon/images/images.go` (FamiliarMatch); v29.5 (canonical names); the contract's history of
`filter`, which API 1.41 dropped and Docker 29 ignores from 1.25 on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from muster.model.glob import BadPattern, matches
from muster.model.image import Image
from muster.model.query import Query
from muster.model.reference import canonical, is_tagged, repository
from muster.model.version import ApiVersion

WITH_REFERENCE = ApiVersion(1, 25)
WITHOUT_FILTER = ApiVersion(1, 41)

Admits = Callable[[str, str], bool]
"""Whether a pattern matches a reference; raises BadPattern."""


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Selects the names of images that match any of *patterns*."""

    patterns: tuple[str, ...]
    admits_one: Admits

    def admits(self, reference: str) -> bool:
        """Whether the name *reference* matches; a malformed pattern matches no name."""
        try:
            return any(self.admits_one(pattern, reference) for pattern in self.patterns)
        except BadPattern:
            return False

    def admitted(self, references: Iterable[str]) -> frozenset[str]:
        """Return those of *references* that match."""
        return frozenset(filter(self.admits, references))


def narrowed(image: Image, admitted: Collection[str]) -> Image:
    """Return *image* with only those of its names that are *admitted*."""
    tags = tuple(tag for tag in image.tags if tag in admitted)
    digests = image.digests and tuple(digest for digest in image.digests if digest in admitted)
    if (tags, digests) == (image.tags, image.digests):
        return image
    return replace(image, tags=tags, digests=digests)


def name_filters(query: Query, version: ApiVersion) -> list[NameFilter | None]:
    """Return every correct filter of names for *query* at *version*; None if names do not matter.

    For a malformed pattern an error is also correct; the filters returned then match nothing.
    """
    references = query.filters.get("reference")
    if version >= WITH_REFERENCE and references is not None:
        return [
            NameFilter(tuple(references), admits) for admits in (_familiar, _familiar_or_canonical)
        ]
    if not query.filter or version >= WITHOUT_FILTER:
        return [None]
    by_filter = NameFilter((query.filter,), _familiar)
    if version < WITH_REFERENCE:
        return [NameFilter((query.filter,), _exact_or_name), by_filter]
    return [by_filter, None]


def _exact_or_name(pattern: str, reference: str) -> bool:
    if is_tagged(pattern):
        return reference == pattern
    return matches(pattern, repository(reference))


def _familiar(pattern: str, reference: str) -> bool:
    return matches(pattern, reference) or matches(pattern, repository(reference))


def _familiar_or_canonical(pattern: str, reference: str) -> bool:
    whole = canonical(reference)
    return (
        _familiar(pattern, reference)
        or matches(pattern, whole)
        or matches(pattern, repository(whole))
    )
