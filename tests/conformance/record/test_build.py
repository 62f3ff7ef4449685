from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import muster_openapi
from muster.model.exchange import Exchange, Request, Response
from muster.record.build import BODY_LIMIT, build_record, dumps
from muster.record.load import loads
from muster.register.requirements import Level, requirements
from muster.register.verdict import Result, Verdict
from muster.suite.plan import Plan
from muster.suite.results import Options, Run, Session
from muster.suite.suite import run_suite
from muster.transport.curl import CurlOptions, curl
from muster.transport.redaction import REDACTED, Redaction
from muster.transport.transport import Transport
from tests.conformance.support.runs import (
    ANSWERED,
    BLOCKED,
    DROPPED,
    FAILED,
    MUST,
    PASSED,
    REGISTER,
    SEEN,
    TARGET,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)
from tests.conformance.support.sample_records import SCENES
from tests.conformance.support.servers import PATIENCE, VERSION, served
from tests.mutants.answers import OldestFirst
from tests.mutants.requests import DropsTheConnection
from tests.mutants.stand_in import StandIn

SCHEMA = json.loads(files("muster.record").joinpath("run.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def recorded(*finished: Run, aborted_because: str = "") -> dict[str, Any]:
    written = json.loads(dumps(made(*finished, aborted_because=aborted_because)))
    assert isinstance(written, dict)
    return written


def errors(written: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(written)]


def test_a_record_contains_the_whole_run() -> None:
    written = recorded(run(PASSED, FAILED, WARNED, SEEN, UNTRIED, server={"Name": "E"}))
    results = written.pop("results")
    unchecked = written.pop("unchecked")
    register = written.pop("requirements")
    document = muster_openapi.text("1.23").encode()
    assert written == {
        "format": 1,
        "muster": "0.1.0",
        "target": "http://localhost:2375",
        "api_version": "1.23",
        "server": {"Name": "E"},
        "seed": 7,
        "strict": False,
        "started": "2016-05-04T09:30:00Z",
        "requests": 9,
        "seconds": 1.26,
        "options": {
            "max_examples": 50,
            "only": [],
            "skip": [],
            "plant": False,
            "plant_many": 0,
            "registry_address": "",
            "planted": "",
            "timeout": 30.0,
        },
        "conforms": False,
        "exit_status": 1,
        "summary": {
            "pass": 1,
            "fail": 1,
            "warn": 1,
            "observe": 1,
            "inconclusive": 1,
            "blocked": 0,
        },
        "aborted_because": "",
        "versions": [
            {
                "api_version": "1.23",
                "document": "1.23",
                "document_sha256": hashlib.sha256(document).hexdigest(),
                "requests": 9,
                "seconds": 1.26,
                "aborted_because": "",
                "reduced": "",
            }
        ],
        "baseline": None,
    }
    assert [(each["requirement"], each["kind"]) for each in unchecked] == [
        ("LIST-GOOD", "ended"),
        ("LIST-PLANTED", "planting"),
        ("LIST-LATE", "version"),
    ]
    assert [each["id"] for each in register] == list(REGISTER)
    assert [(each["requirement"], each["level"], each["verdict"]) for each in results] == [
        ("LIST-MUST", "MUST", "pass"),
        ("LIST-MUST", "MUST", "fail"),
        ("LIST-SHOULD", "SHOULD", "warn"),
        ("LIST-OBSERVED", "OBSERVE", "observe"),
        ("LIST-LACKING", "MUST", "inconclusive"),
    ]


def test_runs_at_several_versions_are_one_record() -> None:
    later = at("1.44", run(FAILED, UNTRIED))
    written = recorded(run(PASSED, WARNED), later)
    assert errors(written) == []
    assert (written["api_version"], written["conforms"]) == ("all", False)
    assert (written["requests"], written["seconds"]) == (18, 2.52)
    counts = {"pass": 1, "fail": 1, "warn": 1, "observe": 0, "inconclusive": 1, "blocked": 0}
    assert written["summary"] == counts
    assert [each["api_version"] for each in written["results"]] == ["1.23", "1.23", "1.44", "1.44"]
    assert "/v1.44/images/json" in written["results"][2]["reproduce"][0]


def test_a_result_is_recorded_with_its_evidence() -> None:
    (result,) = recorded(run(FAILED))["results"]
    assert result == {
        "requirement": "LIST-MUST",
        "api_version": "1.23",
        "level": "MUST",
        "rule": MUST.rule,
        "clause": "the words of must",
        "source": "seed: Query Parameters",
        "verdict": "fail",
        "message": "images are missing",
        "difference": ["- a", "+ b"],
        "case": "/images/json?filter=it's, HEAD /v9.99/images/json",
        "reproduce": [curl(TARGET, VERSION, each.request) for each in (ANSWERED, DROPPED)],
        "exchanges": [
            {
                "request": {
                    "method": "GET",
                    "target": "/v1.23/images/json?filter=it's",
                    "headers": [["X-A", "b"]],
                    "size": 0,
                },
                "response": {
                    "status": 200,
                    "headers": {"content-type": "application/json"},
                    "body": "[�]",
                    "size": 3,
                    "cut": False,
                },
                "error": "",
            },
            {
                "request": {
                    "method": "HEAD",
                    "target": "/v9.99/images/json",
                    "headers": [],
                    "size": 0,
                },
                "response": None,
                "error": "dropped",
            },
        ],
        "requests": 3,
        "seconds": 0.25,
        "known": None,
    }


def test_the_record_schema_is_valid_and_describes_every_member() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    parts = ("result", "version", "unchecked", "requirement", "known")
    for part in (SCHEMA, *(SCHEMA["$defs"][name] for name in parts)):
        assert set(part["properties"]) == set(part["required"])
        assert all(member["description"] for member in part["properties"].values())


def test_the_record_schema_lists_all_levels_and_verdicts() -> None:
    members = SCHEMA["$defs"]["result"]["properties"]
    assert members["level"]["enum"] == [level.value for level in Level]
    assert members["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert SCHEMA["properties"]["summary"]["required"] == members["verdict"]["enum"]


@pytest.mark.parametrize(
    "finished", [run(PASSED), run(FAILED, WARNED, SEEN, UNTRIED, BLOCKED, strict=True)]
)
def test_a_record_matches_its_schema(finished: Run) -> None:
    assert errors(recorded(finished)) == []


CHOSEN = ["LIST-ORDER", "LIST-FILTER-NAME", "HTTP-HEAD", "LIST-LABELS-NONE", "FUZZ-ALIVE"]


@pytest.mark.parametrize(
    ("server", "failed"),
    [
        (StandIn(), []),
        (OldestFirst(), ["LIST-ORDER"]),
        (DropsTheConnection(), ["LIST-FILTER-NAME", "FUZZ-ALIVE"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_record_of_a_real_run_matches_its_schema(server: StandIn, failed: list[str]) -> None:
    register = requirements()
    chosen = [register[name] for name in sorted(CHOSEN, key=list(register).index)]
    with served(server) as there, Transport(there.target, VERSION, PATIENCE) as transport:
        plan = Plan(there.target, [VERSION], chosen, options=Options(max_examples=1))
        finished = run_suite(plan, transport)
    whole = build_record(Session([finished]), register, "0.1.0")
    written = json.loads(dumps(whole))
    assert errors(written) == []
    assert loads(dumps(whole)) == whole
    assert [r["requirement"] for r in written["results"] if r["verdict"] == "fail"] == failed
    for result in written["results"]:
        assert len(result["reproduce"]) == len(result["exchanges"])
        assert bool(result["exchanges"]) is (result["verdict"] in {"fail", "observe"})


@pytest.mark.parametrize("scene", SCENES)
def test_every_record_matches_its_schema_and_is_read_back(scene: str) -> None:
    text = dumps(SCENES[scene])
    assert errors(json.loads(text)) == []
    assert loads(text) == SCENES[scene]


def test_a_long_body_is_truncated_with_its_length() -> None:
    long = dataclasses.replace(ANSWERED, response=Response(200, {}, b"\xc3\xbc" * (BODY_LIMIT + 1)))
    whole = dataclasses.replace(ANSWERED, response=Response(200, {}, b"x" * BODY_LIMIT))
    (result,) = recorded(run(dataclasses.replace(FAILED, shown_by=(long, whole))))["results"]
    first, second = (each["response"] for each in result["exchanges"])
    assert (first["cut"], first["size"], len(first["body"])) == (
        True,
        2 * BODY_LIMIT + 2,
        BODY_LIMIT,
    )
    assert (second["cut"], second["size"], len(second["body"])) == (False, BODY_LIMIT, BODY_LIMIT)


def test_records_contain_no_credentials() -> None:
    token = "swordfish-47"
    exchange = Exchange(
        Request("/images/json", headers=(("authorization", f"Bearer {token}"), ("X-Own", token))),
        Response(200, {"set-cookie": "id=77"}, f'"{token}"'.encode()),
    )
    dropped = Exchange(Request("/images/json"), None, f"dropped {token}")
    told = dataclasses.replace(
        FAILED, message=token, difference=(f"- {token}",), shown_by=(exchange, dropped)
    )
    session = Session([run(told, server={"Name": token})])
    redaction = Redaction((("Authorization", f"Bearer {token}"), ("x-own", token)))
    text = dumps(build_record(session, REGISTER, "0.1.0", redaction, CurlOptions(("X-Own",))))
    assert token not in text
    assert "id=77" not in text
    assert errors(json.loads(text)) == []
    assert REDACTED in text


@pytest.mark.parametrize(
    ("shown", "case"),
    [
        ((), ""),
        (("/images/json?all=1",), "/images/json?all=1"),
        (("/images/json", "/images/json?a=%7B", "/images/json?all=1"), "/images/json?a={"),
        (("/images/json?a=1", "/images/json?a=1"), "/images/json?a=1"),
        (
            ("/images/json?filter=muster.test%2F1f/x",),
            "/images/json?filter=muster.test/<run>/x",
        ),
    ],
)
def test_the_case_lists_the_requests_specific_to_a_finding(
    shown: tuple[str, ...], case: str
) -> None:
    exchanges = tuple(Exchange(Request(target), None, "dropped") for target in shown)
    (result,) = recorded(run(dataclasses.replace(FAILED, shown_by=exchanges)))["results"]
    assert result["case"] == case


def test_unchecked_requirements_are_recorded_with_the_reason() -> None:
    options = Options(only=("LIST-MUST", "LIST-GOOD"), skip=("LIST-GOOD",))
    whole = made(run(PASSED), options=options)
    assert {(gap.requirement, gap.kind, gap.why) for gap in whole.unchecked} == {
        ("LIST-GOOD", "not selected", "left out by --skip"),
        *((name, "not selected", "not named by --only") for name in list(REGISTER)[2:]),
    }


def test_requirements_unchecked_by_an_aborted_run_are_recorded() -> None:
    whole = made(
        dataclasses.replace(run(PASSED), aborted_because="the line is dead"), aborted_because="dead"
    )
    ended = [gap for gap in whole.unchecked if gap.kind == "ended"]
    assert {gap.why for gap in ended} == {"the line is dead"}
    assert "LIST-GOOD" in {gap.requirement for gap in ended}
    assert (whole.aborted_because, whole.exit_status) == ("dead", 3)


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("target"),
        lambda r: r.pop("seed"),
        lambda r: r.update(extra=1),
        lambda r: r.update(target="localhost"),
        lambda r: r.update(api_version="v1.23"),
        lambda r: r.update(seed="0"),
        lambda r: r.update(requests=-1),
        lambda r: r.update(format=2),
        lambda r: r.update(versions=[]),
        lambda r: r.update(started="yesterday"),
        lambda r: r.update(exit_status=2),
        lambda r: r.update(baseline={}),
        lambda r: r["options"].pop("only"),
        lambda r: r["versions"][0].update(document_sha256="0"),
        lambda r: r["unchecked"][0].update(kind="forgotten"),
        lambda r: r["requirements"][0].update(rule=""),
        lambda r: r["results"][0].update(known={"reason": "r", "link": "", "expires": ""}),
        lambda r: r["results"][1].update(known={"reason": "", "link": "", "expires": ""}),
        lambda r: r["server"].update(Kernel="6.1"),
        lambda r: r["summary"].pop("blocked"),
        lambda r: r["summary"].update(skipped=0),
        lambda r: r["summary"].update({"pass": -1}),
        lambda r: r["results"][0].pop("message"),
        lambda r: r["results"][0].update(requirement="list-order"),
        lambda r: r["results"][0].update(level="MAY"),
        lambda r: r["results"][0].update(verdict="ok"),
        lambda r: r["results"][0].update(level="OBSERVE"),
        lambda r: r["results"][0].update(requests=-3),
        lambda r: r["results"][0].update(headers=3),
        lambda r: r["results"][1].update(message=""),
        lambda r: r["results"][1].update(level="SHOULD"),
        lambda r: r["results"][1].update(difference=[""]),
        lambda r: r["results"][1].update(reproduce=["rm -rf /"]),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(method="PATCH"),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(target="images"),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(headers=[["X-A"]]),
        lambda r: r["results"][1]["exchanges"][0]["request"].pop("headers"),
        lambda r: r["results"][1]["exchanges"][0]["response"].update(status="200"),
        lambda r: r["results"][1]["exchanges"][0]["response"].update(body=None),
        lambda r: r["results"][1]["exchanges"][0]["response"].pop("headers"),
        lambda r: r["results"][1]["exchanges"][0].update(error="but it answered"),
        lambda r: r["results"][1]["exchanges"][0].update(seconds=1),
        lambda r: r["results"][1]["exchanges"][1].update(error=""),
        lambda r: r["results"][2].update(level="MUST"),
        lambda r: r["results"][3].update(level="SHOULD"),
        lambda r: r["results"][4].update(message=""),
        lambda r: r["results"][5].update(message=""),
    ],
)
def test_an_invalid_record_does_not_match_the_schema(change: Change) -> None:
    written = recorded(run(PASSED, FAILED, WARNED, SEEN, UNTRIED, BLOCKED))
    assert errors(written) == []
    change(written)
    assert errors(written) != []


@pytest.mark.parametrize("result", [PASSED, FAILED])
def test_an_aborted_run_has_no_conformance_verdict(result: Result) -> None:
    record = made(run(result), aborted_because="interrupted")
    assert record.conforms is None
    assert json.loads(dumps(record))["conforms"] is None
    assert made(run(result)).conforms is (result is PASSED)


def test_the_record_contains_the_whole_register() -> None:
    rule = dataclasses.replace(PASSED.requirement, why="Clients break.", seen=("moby#1",))
    session = Session([dataclasses.replace(run(), results=[])])
    (requirement,) = build_record(session, {rule.id: rule}, "0.1.0").requirements
    for name in ("id", "level", "rule", "clause", "source", "why", "scope", "seen"):
        assert getattr(requirement, name) == getattr(rule, name)
    assert requirement.needs == ""
