"""Names the departures that may follow from another one, which readers should fix first.

A departure that looks like that of its cause, or cannot be judged before its cause is mended,
becomes inconclusive: one fault counts once. The cause stays a departure, so that the run does not
pass because of that. Any other one only says so: it may also be a second fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from muster.register.verdict import DEPARTED, Result, Verdict, may_follow
from muster.suite.symptoms import Kind, Unfiltered, symptoms

FILTERS = (
    "LIST-FILTER-*",
    "LIST-REFERENCE-*",
    "LIST-BEFORE*",
    "LIST-CONDITIONS-AND",
    "LIST-DANGLING-*",
    "LIST-FILTERS-*",
    "LIST-LABEL-*",
    "LIST-SINCE",
    "LIST-TIMES-AND",
    "LIST-UNTIL*",
)
"""Requirements on filters, which rest on the full listing and on answers without images."""

WRONG = frozenset({Kind.NO_LISTING, Kind.IGNORED, Kind.NOTHING, Kind.IMAGES, Kind.HEAD})
"""How a filter may be wrong that others rest on."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A requirement, and those that a server which departs from it departs from as well.

    Attributes:
        id: The requirement.
        patterns: The others.
        kinds: Symptoms that show the others to follow from it, if both have the same.
        rests: Whether the others cannot be judged before it is met.
    """

    id: str
    patterns: tuple[str, ...]
    kinds: frozenset[Kind] = frozenset()
    rests: bool = False


CAUSES = (
    Cause("LIST-ANSWER", ("*",), frozenset({Kind.NO_LISTING, Kind.NO_ANSWER})),
    Cause(
        "LIST-FILTERS-UNKNOWN",
        ("LIST-EMPTY", "LIST-LATER-FILTERS", *FILTERS),
        frozenset({Kind.IGNORED}),
    ),
    Cause(
        "LIST-FILTERS-FORMS",
        ("LIST-FILTERS-FALSE", "LIST-FILTERS-UNKNOWN"),
        frozenset({Kind.IGNORED_MAP}),
    ),
    Cause("LIST-EMPTY", FILTERS, frozenset({Kind.NO_LISTING})),
    Cause("LIST-COMPLETE", FILTERS, frozenset({Kind.CUT, Kind.HEAD})),
    Cause("LIST-LABEL-KEY", ("LIST-EMPTY", "LIST-LABEL-*", "LIST-CONDITIONS-AND"), WRONG),
    Cause("LIST-LABEL-VALUE", ("LIST-LABEL-*", "LIST-CONDITIONS-AND"), WRONG),
    Cause("LIST-DANGLING-TRUE", ("LIST-DANGLING-*", "LIST-FILTERS-FORMS"), WRONG),
    Cause("LIST-FILTER-NAME", ("LIST-FILTER-*",), WRONG),
    Cause("LIST-REFERENCE-NAME", ("LIST-REFERENCE-*", "LIST-FILTERS-FORMS"), WRONG),
    Cause(
        "LIST-BEFORE", ("LIST-SINCE", "LIST-TIMES-AND", "LIST-UNTIL", "LIST-FILTERS-FORMS"), WRONG
    ),
    Cause("LIST-UNTIL", ("LIST-UNTIL-SPELLINGS",), WRONG),
    Cause(
        "LIST-UNKNOWN-PARAMETER",
        ("LIST-LATER-PARAMETERS", "LIST-PARAMETER-CASE"),
        frozenset({Kind.NO_LISTING}),
    ),
    Cause("LIST-REPEATABLE", ("LIST-*",)),
    Cause(
        "LIST-SCHEMA",
        (
            "FUZZ-SCHEMA",
            "LIST-ALL-INTERMEDIATE",
            "LIST-DANGLING-*",
            "LIST-DIGESTS-SHOWN",
            "LIST-INSPECT-SAME",
            "LIST-PARENT",
            "LIST-PLACEHOLDER",
            "LIST-REFERENCES-RESOLVE",
            "LIST-SAME-FIELDS",
        ),
    ),
    Cause("LIST-ALL-ADDS", ("LIST-ALL-INTERMEDIATE", "LIST-COMPLETE", "LIST-INFO-COUNT", *FILTERS)),
    Cause("LIST-COMPLETE", ("LIST-ALL-*", "LIST-INFO-COUNT", "LIST-QUERY", *FILTERS)),
    Cause("LIST-ALL-INTERMEDIATE", ("LIST-DANGLING-*", "LIST-ALL-*")),
    Cause(
        "PLANT-TAG", ("PLANT-CHANGE-*", "PLANT-REMOVE*", "PLANT-TAG-*", "PLANT-UNTAG"), rests=True
    ),
    Cause("PLANT-UNTAG", ("PLANT-CHANGE-*", "PLANT-REMOVE-*", "PLANT-TAG-*"), rests=True),
    Cause("PLANT-REMOVE", ("PLANT-REMOVE-*", "PLANT-TAG-LAST"), rests=True),
    Cause("ACCESS-UNSIGNED", ("ACCESS-*",), rests=True),
)
"""The order matters: the first that the server departs from is the cause."""


def with_causes(results: Iterable[Result], unfiltered: Unfiltered | None = None) -> list[Result]:
    """Return *results*; those that may follow from another one say so.

    Args:
        results: The results of a run.
        unfiltered: What the server lists without filters.
    """
    told = {result.requirement.id: result for result in results}
    departed = {name: result for name, result in told.items() if result.verdict in DEPARTED}
    seen = {name: symptoms(result, unfiltered or {}) for name, result in departed.items()}
    causes: set[str] = set()
    for cause in CAUSES:
        if cause.id not in departed or told[cause.id] is not departed[cause.id]:
            # What follows from another one is no cause itself.
            continue
        for name in _following(cause, told, departed, causes):
            shared = {kind for kind, _ in seen[cause.id] & seen[name]}
            counts_once = cause.rests or bool(shared & cause.kinds)
            if cause.kinds and not counts_once:
                continue
            causes.add(cause.id)
            told[name] = _follows(told[name], told[cause.id], counts_once=counts_once)
    return list(told.values())


def _following(
    cause: Cause,
    told: dict[str, Result],
    departed: dict[str, Result],
    causes: Collection[str],
) -> list[str]:
    """Return the departures that may follow from *cause*, and are neither causes nor explained."""
    return [
        name
        for name, result in departed.items()
        if name != cause.id
        and name not in causes
        and told[name] is result
        and any(fnmatchcase(name, pattern) for pattern in cause.patterns)
    ]


def _follows(result: Result, cause: Result, *, counts_once: bool) -> Result:
    message = may_follow(result.message, cause.requirement.id)
    # A failure must not disappear behind a warning.
    if counts_once and (cause.verdict is Verdict.FAIL or result.verdict is cause.verdict):
        return replace(result, verdict=Verdict.INCONCLUSIVE, message=message)
    return replace(result, message=message)
