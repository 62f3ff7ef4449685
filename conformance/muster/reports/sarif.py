"""The report for code scanning: SARIF 2.1.0 (OASIS Standard, 27 March 2020).

SARIF reports locations in files, and a server has none. So a departure points at the clause that it
breaks: the requirement's table in the register, which is the place to read and, if the requirement
is wrong, to change. GitHub does not show results without a location.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

from muster.record.findings import Finding, findings
from muster.record.outcome import AFTER_INTERRUPT
from muster.record.record import Record, RecordedRequirement, RecordedResult
from muster.register.requirements import Level
from muster.register.verdict import Verdict
from muster.reports import phrases

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
REGISTER = "conformance/muster/register/requirements.toml"
LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.OBSERVE: "note"}
KINDS = {
    Verdict.FAIL: "fail",
    Verdict.WARN: "fail",
    Verdict.OBSERVE: "informational",
    Verdict.INCONCLUSIVE: "open",
    Verdict.BLOCKED: "open",
}
"""Passes are left out: they are most results, and of no use to readers of code scanning."""


def sarif(record: Record) -> str:
    """Return *record* as SARIF 2.1.0."""
    lines = _lines()
    rules = [_rule(requirement) for requirement in record.requirements]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(record, rules)},
                "automationDetails": {"id": f"muster/{record.api_version}/"},
                "invocations": [_invocation(record)],
                "results": [_result(finding, lines) for finding in findings(record, *KINDS)],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _driver(record: Record, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "muster", "version": record.muster, "rules": rules}


def _rule(requirement: RecordedRequirement) -> dict[str, Any]:
    help_ = f"Clause: {requirement.clause}\nSource: {requirement.source}"
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.rule},
        "fullDescription": {"text": requirement.why or requirement.rule},
        "help": {"text": help_},
        "defaultConfiguration": {"level": LEVELS[requirement.level]},
    }


def _invocation(record: Record) -> dict[str, Any]:
    troubles = [record.aborted_because, *(version.aborted_because for version in record.versions)]
    if record.baseline is not None:
        troubles += record.baseline.problems
    invocation: dict[str, Any] = {
        "executionSuccessful": not any(troubles),
        "startTimeUtc": record.started,
        "exitCode": record.exit_status,
    }
    told = [text for text in dict.fromkeys(troubles) if text]
    if told:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": text}} for text in told
        ]
    if record.exit_status == AFTER_INTERRUPT:
        invocation["exitSignalName"] = "SIGINT"
    return invocation


def _result(finding: Finding, lines: dict[str, int]) -> dict[str, Any]:
    result = finding.first
    kind = KINDS[result.verdict]
    entry: dict[str, Any] = {
        "ruleId": result.requirement,
        "kind": kind,
        # 3.27.10: a result that is not a failure has no level.
        "level": LEVELS[result.level] if kind == "fail" else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(result, lines)],
        "partialFingerprints": {"muster/v1": _fingerprint(result)},
    }
    if result.known is not None:
        note = f"{result.known.reason} {result.known.link}".rstrip()
        entry["suppressions"] = [{"kind": "external", "justification": note}]
    return entry


def _message(finding: Finding) -> str:
    result = finding.first
    parts = [f"At API {finding.versions}: {result.message}" if finding.versions else result.message]
    parts += [
        f"Request: {phrases.describe_request(exchange.request)}" for exchange in result.exchanges
    ]
    parts += [*result.difference, *(f"$ {command}" for command in result.reproduce)]
    return "\n".join(parts)


def _location(result: RecordedResult, lines: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": REGISTER}}
    if result.requirement in lines:
        place["region"] = {"startLine": lines[result.requirement]}
    return {
        "physicalLocation": place,
        "logicalLocations": [{"name": result.requirement, "kind": "resource"}],
    }


def _fingerprint(result: RecordedResult) -> str:
    """Return an identifier of a departure that is stable across runs."""
    return hashlib.sha256(f"{result.requirement} {result.case}".encode()).hexdigest()


def _lines() -> dict[str, int]:
    """Return the line of each requirement's table in the register."""
    text = files("muster.register").joinpath("requirements.toml").read_text("utf-8")
    return {
        line[1:-1]: number
        for number, line in enumerate(text.splitlines(), 1)
        if line.startswith("[") and line.endswith("]")
    }
