"""What a run checks, and what fixes its random choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from muster.errors import UsageError
from muster.model.version import ApiVersion
from muster.register.requirements import Need, Requirement, find
from muster.suite.results import Options
from muster.transport.target import Target


@dataclass(frozen=True, slots=True)
class Plan:
    """What to check.

    Attributes:
        target: The server.
        versions: The API versions, oldest first.
        chosen: The requirements, in the order of the register.
        seed: Fixes every random choice.
        strict: Whether warnings count as failures.
        options: Further options that decide what is sent.
        server: What the server reports about itself.
        provided: What the user provides for checks: planted images, signing keys.
        adapts: Whether to draw fewer examples for a slow server.
    """

    target: Target
    versions: Sequence[ApiVersion]
    chosen: Sequence[Requirement]
    seed: int = 0
    strict: bool = False
    options: Options = field(default_factory=Options)
    server: Mapping[str, str] = field(default_factory=dict)
    provided: frozenset[Need] = frozenset()
    adapts: bool = False


def select(
    register: Mapping[str, Requirement], only: Sequence[str], skip: Sequence[str]
) -> list[Requirement]:
    """Select the requirements that the user wants, in the order of the register.

    Args:
        register: The requirements that the suite checks, by id.
        only: Ids to check; empty for all.
        skip: Ids to leave out.

    Raises:
        UsageError: If an id is unknown or not checked, or if no requirement is left.
    """
    for name in (*only, *skip):
        if name not in register:
            reason = find(name).unchecked
            raise UsageError(f"{name} cannot be checked: {reason}")
    chosen = [r for r in register.values() if (not only or r.id in only) and r.id not in skip]
    if not chosen:
        raise UsageError("--only and --skip leave no requirement to check")
    return chosen


def applicable(
    chosen: Sequence[Requirement], version: ApiVersion, provided: Collection[Need] = ()
) -> list[Requirement]:
    """Select those of *chosen* that apply to *version* and can be tried.

    Args:
        chosen: The requirements that the user wants checked.
        version: The API version.
        provided: What the user provides for checks: planted images, signing keys.

    Raises:
        UsageError: If there is none.
    """
    at_version = [requirement for requirement in chosen if requirement.holds_at(version)]
    found = [each for each in at_version if each.need is None or each.need in provided]
    if not found:
        names = ", ".join(requirement.id for requirement in chosen)
        options = " and ".join(dict.fromkeys(each.need.option for each in at_version if each.need))
        need = f"only with {options} can" if at_version else f"at API {version} nothing can"
        raise UsageError(f"{need} be checked of what was selected: {names}")
    return found
