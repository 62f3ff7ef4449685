"""Repeats the check of one recorded result, and reports whether it is unchanged."""

from __future__ import annotations

from collections.abc import Mapping

from muster.errors import UsageError
from muster.model.version import ApiVersion
from muster.record.record import Record, RecordedResult
from muster.register.requirements import Need, Requirement
from muster.register.verdict import Verdict
from muster.suite.plan import Plan
from muster.suite.results import Options
from muster.transport.target import Target

DEPARTED = (Verdict.FAIL, Verdict.WARN)
DECIDED = (*DEPARTED, Verdict.PASS, Verdict.OBSERVE)
HOLDS, STILL_FAILS, NOT_DECIDED = 0, 1, 3


def plan(
    record: Record,
    name: str,
    target: Target,
    register: Mapping[str, Requirement],
    provided: frozenset[Need] = frozenset(),
) -> Plan:
    """Plan to check the requirement *name* again at the API versions where it failed in *record*.

    If it failed nowhere, check it at every API version where it was checked.

    Args:
        record: The run.
        name: Id of the requirement.
        target: The server.
        register: Every requirement by its id.
        provided: What the user provides for checks: planted images, signing keys.

    Raises:
        UsageError: If the record has no result of it, or something that it needs is not provided.
    """
    results = _results(record, name, register, provided)
    departed = [result for result in results if result.verdict in DEPARTED]
    return Plan(
        target=target,
        versions=[ApiVersion.parse(result.api_version) for result in departed or results],
        chosen=[register[name]],
        seed=record.seed,
        strict=record.strict,
        options=Options(
            max_examples=record.options.max_examples,
            only=(name,),
            plant=Need.PLANTED in provided,
            timeout=record.options.timeout,
        ),
        server=record.server,
        provided=provided,
    )


def _results(
    record: Record, name: str, register: Mapping[str, Requirement], provided: frozenset[Need]
) -> list[RecordedResult]:
    if name not in register:
        raise UsageError(f"there is no requirement {name}: `muster list` shows them all")
    results = [result for result in record.results if result.requirement == name]
    if not results:
        raise UsageError(f"the record has no result for {name}, because it was not checked")
    need = register[name].need
    if need is not None and need not in provided:
        what = "signed requests" if need is Need.SIGNED else "fixture images"
        raise UsageError(f"{name} needs {what}: add {need.option}")
    return results


def status(again: Record) -> int:
    """Return the exit status of `muster replay`, for *again*, the record of the replay.

    0: the requirement is now met. 1: it is not. 3: that could not be decided.
    """
    if again.of(*DEPARTED):
        return STILL_FAILS
    everything = all(result.verdict in DECIDED for result in again.results)
    return HOLDS if again.results and everything and not again.aborted_because else NOT_DECIDED
