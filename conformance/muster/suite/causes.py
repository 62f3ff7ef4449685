"""Says which departures may have the same cause as another one, so that readers begin with that.

The verdicts stay: what may follow from one fault may also be a second one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from muster.register.verdict import Result, Verdict

DEPARTED = (Verdict.FAIL, Verdict.WARN)

NAMES = ("LIST-FILTER-*", "LIST-REFERENCE-*")
FILTERS = (
    *NAMES,
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

FOLLOWING: dict[str, tuple[str, ...]] = {
    "LIST-ANSWER": ("*",),
    "LIST-SCHEMA": (
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
    "LIST-ALL-ADDS": ("LIST-ALL-INTERMEDIATE", "LIST-COMPLETE", "LIST-INFO-COUNT", *FILTERS),
    "LIST-COMPLETE": ("LIST-ALL-*", "LIST-INFO-COUNT", "LIST-QUERY", *FILTERS),
    "LIST-ALL-INTERMEDIATE": ("LIST-DANGLING-*", "LIST-ALL-*"),
    "LIST-FILTERS-UNKNOWN": ("LIST-EMPTY", "LIST-LATER-FILTERS", *FILTERS),
    "LIST-EMPTY": FILTERS,
    "LIST-DANGLING-TRUE": ("LIST-DANGLING-*", "LIST-FILTERS-FORMS"),
    "LIST-LABEL-KEY": ("LIST-LABEL-*", "LIST-CONDITIONS-AND"),
    "LIST-LABEL-VALUE": ("LIST-LABEL-*", "LIST-CONDITIONS-AND"),
    "LIST-FILTER-NAME": ("LIST-FILTER-*",),
    "LIST-REFERENCE-NAME": ("LIST-REFERENCE-*", "LIST-FILTERS-FORMS"),
    "PLANT-TAG": ("PLANT-CHANGE-*", "PLANT-REMOVE*", "PLANT-TAG-*", "PLANT-UNTAG"),
    "ACCESS-UNSIGNED": ("ACCESS-*",),
}
"""Requirements, and patterns of those that a server which departs from them departs from as well.

The order matters: the first that the server departs from is the cause.
"""


def with_causes(results: Iterable[Result]) -> list[Result]:
    """Return *results*; departures that may follow from another one say so in their message."""
    found = list(results)
    departed = {result.requirement.id for result in found if result.verdict in DEPARTED}
    return [_told(result, departed) for result in found]


def _told(result: Result, departed: set[str]) -> Result:
    name = result.requirement.id
    if name not in departed:
        return result
    for cause, patterns in FOLLOWING.items():
        if cause == name:
            # What comes behind it may follow from it, not the other way round.
            return result
        if cause in departed and any(fnmatchcase(name, pattern) for pattern in patterns):
            return replace(result, message=f"{result.message} (may follow from {cause})")
    return result
