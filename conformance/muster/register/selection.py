"""Requirements as users name them: ids in any case, prefixes, patterns, and groups."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase

from muster.errors import UsageError
from muster.register.requirements import Requirement, register

GROUPS = {
    "LIST-ALL": "list",
    "LIST-FILTER": "filters",
    "LIST-LABEL": "filters",
    "LIST-LABELS-NONE": "list",
    "LIST-DANGLING": "filters",
    "LIST-REFERENCE": "filters",
    "LIST-REFERENCES": "list",
    "LIST-REFERENCE-UNIQUE": "list",
    "LIST-BEFORE": "filters",
    "LIST-SINCE": "filters",
    "LIST-UNTIL": "filters",
    "LIST-TIMES": "filters",
    "LIST-FIRST-VALUE": "parameters",
    "LIST-CONDITIONS": "filters",
    "LIST-LATER-FILTERS": "filters",
    "LIST-NAME-DIGESTS": "filters",
    "LIST-PARAMETER": "parameters",
    "LIST-LATER-PARAMETERS": "parameters",
    "LIST-UNKNOWN-PARAMETER": "parameters",
    "LIST-QUERY": "parameters",
    "LIST-TRAILING-QUESTION-MARK": "parameters",
    "LIST-ERROR": "errors",
    "LIST-BEFORE-UNKNOWN": "errors",
    "LIST-DANGLING-VALUE": "errors",
    "LIST-UNTIL-VALUE": "errors",
    "LIST-FILTERS-MALFORMED": "errors",
    "LIST-FILTERS-UNKNOWN": "errors",
    "LIST-MANIFESTS": "multi-platform",
    "LIST-IDENTITY": "multi-platform",
    "LIST-ARTIFACTS": "multi-platform",
    "LIST-PARTIAL": "multi-platform",
    "LIST": "list",
    "HTTP": "http",
    "FUZZ": "fuzzing",
    "PLANT": "planted",
    "ACCESS": "access",
}
"""The group of requirements by id or prefix of the id; the longest match wins."""


def group(requirement: Requirement) -> str:
    """Return the group of *requirement*, e.g. `filters`."""
    return group_of(requirement.id)


def group_of(name: str) -> str:
    """Return the group of the requirement *name*; `other` if this release does not have it."""
    words = name.split("-")
    beginnings = ("-".join(words[:count]) for count in range(len(words), 0, -1))
    return next((GROUPS[each] for each in beginnings if each in GROUPS), "other")


def groups() -> list[str]:
    """Return the names of the groups, in the order of the register."""
    return list(dict.fromkeys(map(group, register().values())))


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Return the ids that *names* match, without duplicates.

    A name is an id in any case, the beginning of ids (`LIST-LABEL`; whole words, if some id begins
    with these), or a pattern with `*` and `?`. Only its full id matches a requirement that the
    suite cannot check.

    Raises:
        UsageError: If a name matches nothing; the message suggests similar ones.
    """
    return tuple(dict.fromkeys(each for name in names for each in _meant(name)))


def resolve(name: str) -> str:
    """Return the one id that *name* matches, in any case.

    Raises:
        UsageError: If there is none; the message suggests similar ones.
    """
    if name.upper() not in register():
        raise _unknown(name)
    return name.upper()


def _meant(name: str) -> list[str]:
    pattern = name.upper()
    if pattern in register():
        return [pattern]
    checked = [each.id for each in register().values() if not each.unchecked]
    if set("*?[") & set(pattern):
        found = [each for each in checked if fnmatchcase(each, pattern)]
    else:
        words = [each for each in checked if each.startswith(pattern.rstrip("-") + "-")]
        found = words or [each for each in checked if each.startswith(pattern)]
    if not found:
        raise _unknown(name)
    return found


def _unknown(name: str) -> UsageError:
    close = difflib.get_close_matches(name.upper(), register(), 3, cutoff=0.75)
    either = " or ".join(filter(None, (", ".join(close[:-1]), *close[-1:])))
    hint = f"did you mean {either}?" if close else "`muster list` shows all ids"
    return UsageError(f"there is no requirement {name}: {hint}")
