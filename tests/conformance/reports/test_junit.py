from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import pytest

from muster.record.outcome import counts
from muster.record.record import Record
from muster.register.verdict import Result, Verdict
from muster.reports.junit import junit, legal
from tests.conformance.support.runs import (
    ANSWERED,
    BLOCKED,
    FAILED,
    MUST,
    PASSED,
    UNTRIED,
    at,
    made,
    run,
)
from tests.conformance.support.sample_records import SCENES

Element = ET.Element


def parsed(record: Record) -> Element:
    return ET.fromstring(junit(record))  # noqa: S314 - our own


def named(root: Element, name: str) -> list[Element]:
    return [case for case in root.iter("testcase") if case.get("name") == name]


@pytest.mark.parametrize("scene", SCENES)
def test_each_counting_result_is_a_failure(scene: str) -> None:
    record = SCENES[scene]
    problems = record.baseline.problems if record.baseline else ()
    failed = [r for r in record.results if counts(r, strict=record.strict)]
    root = parsed(record)
    assert len(root.findall(".//failure")) == len(failed) + len(problems)
    assert root.get("failures") == str(len(failed) + len(problems))


@pytest.mark.parametrize("scene", SCENES)
def test_the_counts_match_the_elements(scene: str) -> None:
    root = parsed(SCENES[scene])
    for element in (root, *root):
        for attribute, tag in [("tests", "testcase"), ("errors", "error"), ("skipped", "skipped")]:
            assert element.get(attribute) == str(len(element.findall(f".//{tag}")))


@pytest.mark.parametrize("scene", SCENES)
def test_each_requirement_is_one_test_case_per_version(scene: str) -> None:
    record = SCENES[scene]
    names = [(c.get("classname"), c.get("name")) for c in parsed(record).iter("testcase")]
    assert len(names) == len(set(names))
    for result in record.results:
        version = result.api_version.replace(".", "_")
        assert (f"muster.v{version}", result.requirement) in names


def parts(case: Element) -> list[Element]:
    """Return the elements of a test case except its properties."""
    return [each for each in case if each.tag != "properties"]


def test_a_test_case_has_its_duration_and_request_count() -> None:
    (case,) = named(parsed(SCENES["fails"]), "LIST-MUST")
    assert case.get("time") == "0.250"
    (number,) = case.iterfind("properties/property[@name='requests']")
    assert number.get("value") == "3"


def test_a_failure_contains_everything_to_reproduce_it() -> None:
    (case,) = named(parsed(SCENES["fails"]), "LIST-MUST")
    (failure,) = parts(case)
    assert failure.attrib == {"message": "images are missing", "type": "MUST"}
    assert (failure.text or "").splitlines() == [
        MUST.rule,
        "Request: GET /v1.23/images/json?filter=it's",
        "Response: status 200, application/json, [�]",
        "Request: HEAD /v9.99/images/json",
        "Response: none (dropped)",
        "Finding: images are missing",
        "- a",
        "+ b",
        "Clause: the words of must [seed: Query Parameters]",
        *(f"$ {line}" for line in SCENES["fails"].results[0].reproduce),
    ]


def test_untried_requirements_are_skipped_with_the_reason() -> None:
    root = parsed(SCENES["fails"])
    for name, why in [
        ("LIST-LACKING", "no image has a tag: tag one"),
        ("LIST-PLANTED", "needs images that only --plant puts there"),
    ]:
        (case,) = named(root, name)
        assert [(each.tag, each.get("message")) for each in parts(case)] == [("skipped", why)]
    assert named(root, "LIST-LATE") == []


def test_known_failures_are_skipped_and_baseline_problems_fail() -> None:
    root = parsed(SCENES["baseline-out-of-date"])
    (case,) = named(root, "LIST-MUST")
    assert [each.get("message") for each in parts(case)] == ["known: The engine is old.", None]
    wrong = [c for c in root.iter("testcase") if c.get("classname") == "muster.record.baseline"]
    assert [c[0].get("message") for c in wrong] == [
        "LIST-SHOULD expired on 2016-05-03: is it still accepted?",
        "LIST-OBSERVED is met now: take it out.",
    ]


def test_an_incomplete_run_is_an_error() -> None:
    errors = parsed(SCENES["refused"]).findall(".//error")
    assert [(each.get("type"), each.get("message")) for each in errors] == [
        ("blocked", "the fixtures could not be loaded"),
        ("trouble", "it does not serve API version 1.23: too old"),
    ]


def test_warnings_and_observations_are_shown_without_failing() -> None:
    root = parsed(SCENES["fails"])
    for name, word in [("LIST-SHOULD", "warning:\n"), ("LIST-OBSERVED", "observed:\n")]:
        (told,) = parts(named(root, name)[0])
        assert told.tag == "system-out"
        assert (told.text or "").startswith(word)
    (told,) = parts(named(parsed(SCENES["strict"]), "LIST-SHOULD")[0])
    assert told.tag == "failure"


def test_server_content_cannot_break_the_document() -> None:
    odd = Result(MUST, Verdict.FAIL, "]]> \x00\x1b\ufffe & <b> \"'", ("- \ud800",), (ANSWERED,))
    record = made(run(odd), at("1.24", run(dataclasses.replace(PASSED, message="\x08"))))
    (failure,) = parsed(record).findall(".//failure")
    assert failure.get("message") == "]]> ��� & <b> \"'"


def test_a_test_suite_names_the_server_and_the_seed() -> None:
    root = parsed(SCENES["fails"])
    told = {
        each.get("name"): each.get("value")
        for each in root.iterfind("testsuite/properties/property")
    }
    assert told == {
        "target": "http://localhost:2375",
        "server": "Engine 1.11.2",
        "seed": "7",
        "muster": "0.1.0",
    }


def test_only_characters_invalid_in_xml_are_replaced() -> None:
    assert legal("a\tb\nc\u0085\U0001f600\x0b\uffff") == "a\tb\nc\u0085\U0001f600��"


def test_the_class_name_contains_the_version_without_a_dot() -> None:
    (case,) = parsed(made(run(FAILED))).findall(".//testcase[failure]")
    assert case.get("classname") == "muster.v1_23"
    assert len(parsed(made(run(UNTRIED, BLOCKED))).findall("testsuite")) == 1
