"""What `muster list` and `muster explain` print of the register."""

from __future__ import annotations

from collections.abc import Iterable

from muster.register.requirements import Requirement
from muster.reports.phrases import wrapped


def table(register: Iterable[Requirement]) -> str:
    """The requirements, a line or two each."""
    rows: list[str] = []
    for requirement in register:
        rows.append(_titled(requirement))
        rows += wrapped(requirement.rule, "  ")
    return "\n".join(rows) + "\n"


def explain(requirement: Requirement, tried: str) -> str:
    """All that there is to say on *requirement*; *tried* says what its check asks."""
    lines = [_titled(requirement)]
    lines += wrapped(requirement.rule, "  ")
    if requirement.why:
        lines += wrapped(f"Why: {requirement.why}", "  ")
    if requirement.unchecked:
        lines += wrapped(f"Not checked: {requirement.unchecked}", "  ")
    else:
        lines += wrapped(f"Tried on: {tried}", "  ")
    lines += wrapped(f"Clause: {requirement.clause}", "  ")
    lines += wrapped(f"Source: {requirement.source}", "  ")
    if requirement.seen:
        lines += wrapped(f"Known to have failed it: {', '.join(requirement.seen)}", "  ")
    return "\n".join(lines) + "\n"


def _titled(requirement: Requirement) -> str:
    scope = f", {requirement.scope}" if requirement.scope else ""
    return f"{requirement.id} ({requirement.level}{scope})"
