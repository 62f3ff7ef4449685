"""A run of the suite: the requirements that were selected, against one target."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import muster_openapi
from muster import fuzz, negotiation, runner
from muster.check import CHECKS
from muster.contract import image_schema
from muster.errors import UsageError
from muster.register import Requirement
from muster.run import Run
from muster.transport import Transport
from muster.verdict import Departure, NoEvidence, Verdict, judge

TOLD_ALREADY = {"FUZZ-SCHEMA": "LIST-SCHEMA", "FUZZ-MEDIA-TYPE": "LIST-ANSWER"}
"""Requirements of fuzzing, with those whose departures they would only tell again."""


def select(
    register: Mapping[str, Requirement], only: Sequence[str], skip: Sequence[str]
) -> list[Requirement]:
    """The requirements to check, in the order of the register.

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


def check(
    chosen: Sequence[Requirement],
    transport: Transport,
    *,
    seed: int,
    max_examples: int,
    strict: bool = False,
    progress: Callable[[Requirement], None] = lambda _: None,
) -> Run:
    """Check the requirements *chosen* at the target of *transport*.

    Args:
        chosen: what to check, in this order.
        transport: reaches the target, and fixes the API version.
        seed: fixes every random choice.
        max_examples: how many requests fuzzing draws at random; a quarter of it is how many of the
            server's own values (labels, names) a check tries.
        strict: whether warnings count as failures.
        progress: called before each requirement.

    Raises:
        TargetError: if the target cannot be reached, or does not serve the version.
    """
    start = time.monotonic()
    document = muster_openapi.document(transport.version)
    server = negotiation.probe(transport, transport.target, transport.version)
    results = runner.run(
        [requirement for requirement in chosen if requirement.id in CHECKS],
        transport,
        schema=image_schema(document),
        seed=seed,
        limit=max(1, max_examples // 4),
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
        version=transport.version,
        seed=seed,
        strict=strict,
        results=sorted(results, key=lambda result: order[result.requirement.id]),
        server=server,
        requests=transport.sent,
        seconds=time.monotonic() - start,
    )
