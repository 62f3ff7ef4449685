"""Decides which requirement is broken when a drawn query shows a fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from muster.fuzzing.conditions import Trait
from muster.fuzzing.fault import FaultKind

REQUIREMENT = "LIST-QUERY"
"""The requirement for faults that no other covers: combinations, and unusual spellings."""

BY_KIND = {
    FaultKind.NO_ANSWER: "FUZZ-ALIVE",
    FaultKind.MEDIA_TYPE: "LIST-ANSWER",
    FaultKind.NULL: "LIST-EMPTY",
    FaultKind.FIELDS: "LIST-SAME-FIELDS",
    FaultKind.REPEATED: "LIST-ID-UNIQUE",
    FaultKind.UNLISTED: "LIST-COMPLETE",
    FaultKind.ORDER: "LIST-ORDER",
}
"""Requirements on answers to any query."""

BY_TRAIT = {
    # The order matters: the first trait that a shortest query has is the cause.
    Trait.ENCODING: REQUIREMENT,
    Trait.REPEATED: "LIST-FIRST-VALUE",
    Trait.UNKNOWN_PARAMETER: "LIST-UNKNOWN-PARAMETER",
    Trait.OTHER_CASE: "LIST-PARAMETER-CASE",
    Trait.NO_FILTERS: "LIST-FILTERS-EMPTY",
    Trait.DIGESTS: "LIST-DIGESTS",
    Trait.FILTER_IGNORED: "LIST-FILTER-IGNORED",
    Trait.MAP_FORM: "LIST-FILTERS-FORMS",
    Trait.DANGLING_MISTAKE: "LIST-DANGLING-VALUE",
    Trait.UNKNOWN_FILTER: "LIST-FILTERS-UNKNOWN",
    Trait.TIME_MISTAKE: "LIST-BEFORE-UNKNOWN",
    Trait.CONDITIONS: "LIST-CONDITIONS-AND",
    Trait.LABELS: "LIST-LABEL-AND",
    Trait.REFERENCES: "LIST-REFERENCE-OR",
    Trait.SEVERAL_TIMES: REQUIREMENT,
    Trait.ALL_LOOSE: "LIST-ALL-TRUTHINESS",
    Trait.ALL_SPELLED: "LIST-ALL-SPELLINGS",
    Trait.DANGLING_TRUE: "LIST-DANGLING-TRUE",
    Trait.DANGLING_FALSE: "LIST-DANGLING-FALSE",
    Trait.LABEL_KEY: "LIST-LABEL-KEY",
    Trait.LABEL_VALUE: "LIST-LABEL-VALUE",
    Trait.LABEL_EMPTY_VALUE: "LIST-LABEL-EMPTY-VALUE",
    Trait.FILTER_PATTERN: "LIST-FILTER-PATTERN",
    Trait.FILTER_NAME: "LIST-FILTER-NAME",
    Trait.FILTER_TAG: "LIST-FILTER-TAG",
    Trait.REFERENCE_PATTERN: "LIST-REFERENCE-PATTERN",
    Trait.REFERENCE_NAME: "LIST-REFERENCE-NAME",
    Trait.REFERENCE_TAG: "LIST-REFERENCE-TAG",
    Trait.BEFORE: "LIST-BEFORE",
    Trait.SINCE: "LIST-SINCE",
    Trait.PLAIN: "LIST-ALL-INTERMEDIATE",
    Trait.ALL: "LIST-REPEATABLE",
}
"""Requirements on features of a query."""

FILTER = {Trait.FILTER_NAME, Trait.FILTER_TAG, Trait.FILTER_PATTERN}
REFERENCE = {Trait.REFERENCE_NAME, Trait.REFERENCE_TAG, Trait.REFERENCE_PATTERN}

ALSO_EXPLAINS = {
    "LIST-DANGLING-SPLIT": ({Trait.DANGLING_TRUE}, {Trait.DANGLING_FALSE}),
    "LIST-DANGLING-EXACT": ({Trait.DANGLING_MISTAKE},),
    "LIST-FILTERS-MALFORMED": ({Trait.DANGLING_MISTAKE}, {Trait.UNKNOWN_FILTER}),
    "LIST-ALL-ADDS": ({Trait.PLAIN},),
    "LIST-ALL-SPELLINGS": ({Trait.ALL_SPELLED}, {Trait.ALL_LOOSE}),
    "LIST-LABEL-VALUE": ({Trait.LABEL_VALUE}, {Trait.LABEL_EMPTY_VALUE}),
}
"""Further traits that a known failure of a requirement explains."""


ATTRIBUTABLE = frozenset(
    {*BY_KIND.values(), *BY_TRAIT.values(), "LIST-FILTER-NARROWS", "LIST-REFERENCE-NARROWS"}
)
"""Every requirement that a drawn query may show to be broken."""


def requirement_for(kind: FaultKind, traits: Collection[Trait]) -> str:
    """Return the requirement that a server breaks.

    Args:
        kind: How the answer to the shortest query departs.
        traits: The traits of that query.
    """
    if kind in BY_KIND:
        return BY_KIND[kind]
    if kind is FaultKind.TAGS:
        if FILTER.intersection(traits):
            return "LIST-FILTER-NARROWS"
        return "LIST-REFERENCE-NARROWS" if REFERENCE.intersection(traits) else "LIST-SAME-FIELDS"
    return next(requirement for trait, requirement in BY_TRAIT.items() if trait in traits)


class ReportedFaults:
    """Faults already reported, so that other answers with the same cause are not reported again."""

    def __init__(self) -> None:
        self._traits: list[frozenset[Trait]] = []
        self._kinds: set[tuple[FaultKind, Trait | None]] = set()

    def failed(self, requirement: str) -> None:
        """Record that the server breaks *requirement*."""
        self._traits += map(frozenset, ALSO_EXPLAINS.get(requirement, ()))
        self._traits += [
            frozenset({trait})
            for trait, name in BY_TRAIT.items()
            if name == requirement and name != REQUIREMENT
        ]
        self._kinds |= set(_kinds(requirement))

    def shown_by(self, traits: Collection[Trait]) -> None:
        """Record a fault that any query with *traits* may show."""
        self._traits.append(frozenset(traits) - {Trait.PLAIN} or frozenset(traits))

    def explains(self, traits: Collection[Trait], kind: FaultKind | None = None) -> bool:
        """Whether a known fault explains a departure of *kind*; without *kind*, any departure."""
        if any(known.issubset(traits) for known in self._traits):
            return True
        return any((kind, trait) in self._kinds for trait in (None, *traits))


def _kinds(requirement: str) -> Iterator[tuple[FaultKind, Trait | None]]:
    for kind, name in BY_KIND.items():
        if name == requirement:
            yield kind, None
    if requirement == "LIST-FILTER-NARROWS":
        yield from ((FaultKind.TAGS, trait) for trait in FILTER)
    if requirement == "LIST-REFERENCE-NARROWS":
        yield from ((FaultKind.TAGS, trait) for trait in REFERENCE)
    if requirement == "LIST-SAME-FIELDS":
        yield FaultKind.TAGS, None
