"""A run of the suite: the requirements that were selected, against one target."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import muster_openapi
from muster import fuzz, negotiation, runner
from muster.check import CHECKS
from muster.contract import image_schema
from muster.errors import UsageError
from muster.fixtures import Planted
from muster.register import Requirement
from muster.run import Run
from muster.transport import Transport
from muster.verdict import Departure, NoEvidence, Verdict, judge
from muster.version import ApiVersion

TOLD_ALREADY = {"FUZZ-SCHEMA": "LIST-SCHEMA", "FUZZ-MEDIA-TYPE": "LIST-ANSWER"}
"""Requirements of fuzzing, with those whose departures they would only tell again."""


def select(
    register: Mapping[str, Requirement], only: Sequence[str], skip: Sequence[str]
) -> list[Requirement]:
    """The requirements that the user wants, in the order of the register.

    Args:
        register: every requirement by its id.
        only: ids to check; empty for all.
        skip: ids to leave out.

    Raises:
        UsageError: if an id is not in the register, or none is left.
    """
    for name in (*only, *skip):
        if name not in register:
            raise UsageError(f"there is no requirement {name}: `muster list` shows them all")
    chosen = [r for r in register.values() if (not only or r.id in only) and r.id not in skip]
    if not chosen:
        raise UsageError("--only and --skip leave no requirement to check")
    return chosen


def tried_on(requirement: Requirement) -> str:
    """What the check of *requirement* asks, in a sentence."""
    if requirement.id in fuzz.REQUIREMENTS:
        return "requests that Schemathesis draws from the document, correct and incorrect ones."
    return (CHECKS[requirement.id].__doc__ or "").split("\n")[0]


def holding(
    chosen: Sequence[Requirement], version: ApiVersion, *, planted: bool
) -> list[Requirement]:
    """Those of *chosen* that are requirements of *version*, and can be tried.

    Args:
        chosen: what the user wants checked.
        version: the API version.
        planted: whether the suite put images of its own on the server.

    Raises:
        UsageError: if there is none.
    """
    held = [requirement for requirement in chosen if requirement.holds_at(version)]
    tried = [requirement for requirement in held if planted or not requirement.planted]
    if not tried:
        names = ", ".join(requirement.id for requirement in chosen)
        need = "only with --plant can" if held else f"at API {version} nothing can"
        raise UsageError(f"{need} be checked of what was selected: {names}")
    return tried


def check(
    chosen: Sequence[Requirement],
    transport: Transport,
    *,
    seed: int,
    max_examples: int,
    server: Mapping[str, str] | None = None,
    planted: Sequence[Planted] = (),
    strict: bool = False,
    progress: Callable[[Requirement], None] = lambda _: None,
) -> Run:
    """Check the requirements *chosen* at the target of *transport*.

    Args:
        chosen: what to check, in this order; what is no requirement of the version is left out.
        transport: reaches the target, and fixes the API version.
        seed: fixes every random choice.
        max_examples: how many requests fuzzing draws at random; a quarter of it is how many of the
            server's own values (labels, names) a check tries.
        server: what the server says of itself.
        planted: the images that the suite put there.
        strict: whether warnings count as failures.
        progress: called before each requirement.

    Raises:
        TargetError: if the target cannot be reached, or does not serve the version.
        UsageError: if none of *chosen* is a requirement of the version.
    """
    start = time.monotonic()
    version = transport.version
    document = muster_openapi.document(str(version))
    negotiation.probe(transport, transport.target, version)
    chosen = holding(chosen, version, planted=bool(planted))
    results = runner.run(
        [requirement for requirement in chosen if requirement.id in CHECKS],
        transport,
        schema=image_schema(document),
        seed=seed,
        limit=max(1, max_examples // 4),
        version=version,
        planted=planted,
        progress=progress,
    )
    fuzzed = [requirement for requirement in chosen if requirement.id in fuzz.REQUIREMENTS]
    if fuzzed:
        progress(fuzzed[0])
        outcomes, requests = fuzz.fuzz(document, transport, seed=seed, max_examples=max_examples)
        failed = {result.requirement.id for result in results if result.verdict is Verdict.FAIL}
        for name, cause in TOLD_ALREADY.items():
            if cause in failed and isinstance(outcomes[name], Departure):
                outcomes[name] = NoEvidence(f"answers fail for what {cause} names")
        results += [
            judge(requirement, outcomes[requirement.id], requests) for requirement in fuzzed
        ]
    order = {requirement.id: position for position, requirement in enumerate(chosen)}
    return Run(
        target=transport.target,
        version=version,
        seed=seed,
        strict=strict,
        results=sorted(results, key=lambda result: order[result.requirement.id]),
        server=server or {},
        requests=transport.sent,
        seconds=time.monotonic() - start,
    )
