from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from muster import suite
from muster.curl import curl
from muster.register import Level, requirements
from muster.reports.record import record
from muster.run import Run
from muster.transport import Transport
from muster.verdict import Verdict
from muster.version import ApiVersion
from tests.mutants.answers import OldestFirst
from tests.mutants.requests import DropsTheConnection
from tests.mutants.stand_in import StandIn

from .runs import (
    ANSWERED,
    BLOCKED,
    DROPPED,
    FAILED,
    MUST,
    PASSED,
    SEEN,
    TARGET,
    UNTRIED,
    WARNED,
    run,
)
from .servers import PATIENCE, VERSION, served

SCHEMA = json.loads(files("muster").joinpath("run.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def recorded(*finished: Run) -> dict[str, Any]:
    written = json.loads(record(finished, "0.1.0"))
    assert isinstance(written, dict)
    return written


def errors(written: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(written)]


def test_a_record_holds_the_whole_run() -> None:
    written = recorded(run(PASSED, FAILED, WARNED, SEEN, UNTRIED, server={"Name": "E"}))
    results = written.pop("results")
    assert written == {
        "muster": "0.1.0",
        "target": "http://localhost:2375",
        "api_version": "1.23",
        "server": {"Name": "E"},
        "seed": 7,
        "strict": False,
        "conforms": False,
        "requests": 9,
        "seconds": 1.26,
        "summary": {
            "pass": 1,
            "fail": 1,
            "warn": 1,
            "observe": 1,
            "inconclusive": 1,
            "blocked": 0,
        },
    }
    assert [(each["requirement"], each["level"], each["verdict"]) for each in results] == [
        ("LIST-MUST", "MUST", "pass"),
        ("LIST-MUST", "MUST", "fail"),
        ("LIST-SHOULD", "SHOULD", "warn"),
        ("LIST-OBSERVED", "OBSERVE", "observe"),
        ("LIST-LACKING", "MUST", "inconclusive"),
    ]


def test_runs_at_several_versions_are_one_record() -> None:
    later = dataclasses.replace(run(FAILED, UNTRIED), version=ApiVersion(1, 44))
    written = recorded(run(PASSED, WARNED), later)
    assert errors(written) == []
    assert (written["api_version"], written["conforms"]) == ("all", False)
    assert (written["requests"], written["seconds"]) == (18, 2.52)
    counts = {"pass": 1, "fail": 1, "warn": 1, "observe": 0, "inconclusive": 1, "blocked": 0}
    assert written["summary"] == counts
    assert [each["api_version"] for each in written["results"]] == ["1.23", "1.23", "1.44", "1.44"]
    assert "/v1.44/images/json" in written["results"][2]["reproduce"][0]


def test_a_result_is_recorded_with_all_that_shows_it() -> None:
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
        "reproduce": [curl(TARGET, VERSION, each.request) for each in (ANSWERED, DROPPED)],
        "exchanges": [
            {
                "request": {
                    "method": "GET",
                    "target": "/v1.23/images/json?filter=it's",
                    "headers": [["X-A", "b"]],
                },
                "response": {
                    "status": 200,
                    "headers": {"content-type": "application/json"},
                    "body": "[�]",
                },
                "trouble": "",
            },
            {
                "request": {"method": "HEAD", "target": "/v9.99/images/json", "headers": []},
                "response": None,
                "trouble": "dropped",
            },
        ],
    }


def test_the_schema_is_a_schema_and_describes_every_member() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for part in (SCHEMA, SCHEMA["$defs"]["result"]):
        assert set(part["properties"]) == set(part["required"])
        assert all(member["description"] for member in part["properties"].values())


def test_the_schema_has_the_levels_and_verdicts_that_there_are() -> None:
    members = SCHEMA["$defs"]["result"]["properties"]
    assert members["level"]["enum"] == [level.value for level in Level]
    assert members["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert SCHEMA["properties"]["summary"]["required"] == members["verdict"]["enum"]


@pytest.mark.parametrize(
    "finished", [run(PASSED), run(FAILED, WARNED, SEEN, UNTRIED, BLOCKED, strict=True)]
)
def test_a_record_meets_its_schema(finished: Run) -> None:
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
def test_the_record_of_a_real_run_meets_its_schema(server: StandIn, failed: list[str]) -> None:
    register = requirements()
    chosen = [register[name] for name in sorted(CHOSEN, key=list(register).index)]
    with served(server) as there, Transport(there.target, VERSION, PATIENCE) as transport:
        finished = suite.check(chosen, transport, seed=0, max_examples=1)
    written = recorded(finished)
    assert errors(written) == []
    assert [r["requirement"] for r in written["results"] if r["verdict"] == "fail"] == failed
    for result in written["results"]:
        assert len(result["reproduce"]) == len(result["exchanges"])
        assert bool(result["exchanges"]) is (result["verdict"] in {"fail", "observe"})


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
        lambda r: r.update(results=[]),
        lambda r: r["server"].update(Kernel="6.1"),
        lambda r: r["summary"].pop("blocked"),
        lambda r: r["summary"].update(skipped=0),
        lambda r: r["summary"].update({"pass": -1}),
        lambda r: r["results"][0].pop("message"),
        lambda r: r["results"][0].update(requirement="list-order"),
        lambda r: r["results"][0].update(level="MAY"),
        lambda r: r["results"][0].update(verdict="ok"),
        lambda r: r["results"][0].update(level="OBSERVE"),
        lambda r: r["results"][0].update(requests=3),
        lambda r: r["results"][1].update(message=""),
        lambda r: r["results"][1].update(level="SHOULD"),
        lambda r: r["results"][1].update(difference=[""]),
        lambda r: r["results"][1].update(reproduce=["rm -rf /"]),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(method="DELETE"),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(target="images"),
        lambda r: r["results"][1]["exchanges"][0]["request"].update(headers=[["X-A"]]),
        lambda r: r["results"][1]["exchanges"][0]["request"].pop("headers"),
        lambda r: r["results"][1]["exchanges"][0]["response"].update(status="200"),
        lambda r: r["results"][1]["exchanges"][0]["response"].update(body=None),
        lambda r: r["results"][1]["exchanges"][0]["response"].pop("headers"),
        lambda r: r["results"][1]["exchanges"][0].update(trouble="but it answered"),
        lambda r: r["results"][1]["exchanges"][0].update(seconds=1),
        lambda r: r["results"][1]["exchanges"][1].update(trouble=""),
        lambda r: r["results"][2].update(level="MUST"),
        lambda r: r["results"][3].update(level="SHOULD"),
        lambda r: r["results"][4].update(message=""),
        lambda r: r["results"][5].update(message=""),
    ],
)
def test_a_record_that_is_not_as_the_schema_says_does_not_meet_it(change: Change) -> None:
    written = recorded(run(PASSED, FAILED, WARNED, SEEN, UNTRIED, BLOCKED))
    assert errors(written) == []
    change(written)
    assert errors(written) != []
