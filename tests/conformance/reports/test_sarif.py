from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from muster.record.build import build_record
from muster.record.record import Record
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.reports.sarif import sarif
from muster.suite.results import Session
from tests.conformance.support.runs import ANSWERED, FAILED, at, made, run
from tests.conformance.support.sample_records import SCENES

TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}}
ESSENTIAL = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {"rules": {"items": {"$ref": "#/$defs/rule"}}},
                            }
                        },
                    },
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "rule": {
            "required": ["id"],
            "properties": {
                "shortDescription": TEXT,
                "fullDescription": TEXT,
                "help": TEXT,
                "defaultConfiguration": {
                    "properties": {"level": {"enum": ["none", "note", "warning", "error"]}}
                },
            },
        },
        "result": {
            "required": ["ruleId", "message"],
            "properties": {
                "kind": {
                    "enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]
                },
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": TEXT,
                "locations": {"type": "array", "minItems": 1},
                "suppressions": {
                    "items": {
                        "required": ["kind"],
                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                    }
                },
            },
            # SARIF 2.1.0, 3.27.10: a result that is no failure has no level.
            "if": {"properties": {"kind": {"not": {"const": "fail"}}}},
            "then": {"properties": {"level": {"const": "none"}}},
        },
    },
}
"""The essential members of SARIF 2.1.0; the whole schema is 100 KB of OASIS's."""


def logged(made_: Record) -> dict[str, Any]:
    (only,) = json.loads(sarif(made_))["runs"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize("scene", SCENES)
def test_the_log_has_the_members_required_by_sarif(scene: str) -> None:
    text = sarif(SCENES[scene])
    assert list(Draft202012Validator(ESSENTIAL).iter_errors(json.loads(text))) == []


def test_each_departure_is_one_result_at_its_level() -> None:
    results = {each["ruleId"]: each for each in logged(SCENES["several-versions"])["results"]}
    told = {name: (each["kind"], each["level"]) for name, each in results.items()}
    assert told == {
        "LIST-MUST": ("fail", "error"),
        "LIST-SHOULD": ("fail", "warning"),
        "LIST-OBSERVED": ("informational", "none"),
        "LIST-LACKING": ("open", "none"),
        "LIST-LATE": ("fail", "error"),
    }
    text = results["LIST-MUST"]["message"]["text"].splitlines()
    assert text[0] == "At API 1.24 to 1.44: images are missing"
    assert text[-1].startswith("$ curl ")


def test_a_result_points_at_the_requirement_in_the_register() -> None:
    register = requirements()
    order = register["LIST-ORDER"]
    failed = Result(order, Verdict.FAIL, "out of order", (), (ANSWERED,))
    whole = build_record(Session([run(failed)]), register, "0.1.0")
    (result,) = logged(whole)["results"]
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "conformance/muster/register/requirements.toml"
    lines = files("muster.register").joinpath("requirements.toml").read_text("utf-8").splitlines()
    assert lines[place["region"]["startLine"] - 1] == "[LIST-ORDER]"
    (unknown, *_) = logged(SCENES["fails"])["results"]
    assert "region" not in unknown["locations"][0]["physicalLocation"]


def test_every_requirement_is_a_rule() -> None:
    whole = SCENES["fails"]
    rules = logged(whole)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [each.id for each in whole.requirements]


def test_known_failures_are_suppressed() -> None:
    results = logged(SCENES["known"])["results"]
    suppressed = {each["ruleId"]: each.get("suppressions") for each in results}
    assert suppressed["LIST-MUST"] == [
        {"kind": "external", "justification": "The engine is old. https://example.org/1"}
    ]
    assert suppressed["LIST-SHOULD"] is None


def test_a_fingerprint_does_not_depend_on_the_server() -> None:
    def fingerprint(made_: Record) -> str:
        (result,) = logged(made_)["results"]
        return str(result["partialFingerprints"]["muster/v1"])

    assert fingerprint(made(run(FAILED))) == fingerprint(made(at("1.44", run(FAILED))))
    assert fingerprint(made(run(FAILED))) != fingerprint(SCENES["long"])


@pytest.mark.parametrize(
    ("scene", "successful", "status", "told"),
    [
        ("fails", True, 1, []),
        ("refused", False, 3, ["it does not serve API version 1.23: too old"]),
        ("interrupted", False, 130, ["interrupted"]),
        (
            "baseline-out-of-date",
            False,
            1,
            [
                "LIST-SHOULD expired on 2016-05-03: is it still accepted?",
                "LIST-OBSERVED is met now: take it out.",
            ],
        ),
    ],
)
def test_the_invocation_records_how_the_run_ended(
    scene: str, successful: bool, status: int, told: list[str]
) -> None:
    (invocation,) = logged(SCENES[scene])["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (successful, status)
    notes = invocation.get("toolExecutionNotifications", [])
    assert [note["message"]["text"] for note in notes] == told
    assert ("exitSignalName" in invocation) is (scene == "interrupted")
