"""The output of `muster list` and `muster explain`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from muster.register.requirements import Requirement
from muster.register.selection import group
from muster.reports.phrases import wrapped


def table(register: Iterable[Requirement]) -> str:
    """Return the requirements, a line or two each."""
    rows: list[str] = []
    for requirement in register:
        rows.append(_titled(requirement))
        rows += wrapped(requirement.rule, "  ")
    return "\n".join(rows) + "\n"


def explain(requirement: Requirement, tried: str) -> str:
    """Return a full description of *requirement*; *tried* describes what its check sends."""
    lines = [_titled(requirement)]
    lines += wrapped(requirement.rule, "  ")
    if requirement.why:
        lines += wrapped(f"Why: {requirement.why}", "  ")
    if requirement.unchecked:
        lines += wrapped(f"Not checked: {requirement.unchecked}", "  ")
    else:
        lines += wrapped(f"Checked with: {tried}", "  ")
    lines += wrapped(f"Clause: {requirement.clause}", "  ")
    lines += wrapped(f"Source: {requirement.source}", "  ")
    if requirement.seen:
        lines += wrapped(f"Servers that failed it: {', '.join(requirement.seen)}", "  ")
    return "\n".join(lines) + "\n"


def as_json(register: Iterable[Requirement]) -> str:
    """Return the requirements as a JSON array of objects."""
    rows = [
        {
            "id": each.id,
            "level": each.level.value,
            "group": group(each),
            "rule": each.rule,
            "why": each.why,
            "clause": each.clause,
            "source": each.source,
            "since": str(each.since),
            "until": str(each.until) if each.until else None,
            "needs": each.need.option if each.need else None,
            "seen": list(each.seen),
            "unchecked": each.unchecked or None,
        }
        for each in register
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _titled(requirement: Requirement) -> str:
    scope = f", {requirement.scope}" if requirement.scope else ""
    return f"{requirement.id} ({requirement.level}{scope})"
