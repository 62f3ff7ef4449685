import json
from typing import Any
from urllib.parse import quote

import pytest

from musterd.recording import problems
from musterd.recording.problems import Target

HOST = {"host": "x"}


def about(target: str, method: str = "GET") -> tuple[str, ...]:
    return problems.find(method, Target.parse(target), HOST, "1.1")


def about_filters(value: Any, version: str = "1.43") -> tuple[str, ...]:
    text = value if isinstance(value, str) else json.dumps(value)
    return about(f"/v{version}/images/json?filters={quote(text)}")


def test_a_target_is_parsed() -> None:
    parsed = Target.parse("/v1.43/images/json?a=1&a=%20&b")
    assert (parsed.version, parsed.path) == ("1.43", "/images/json")
    assert parsed.query == {"a": ["1", " "], "b": [""]}
    assert Target.parse("/_ping") == Target(None, "/_ping", "", {})


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/images/json"),
        ("GET", "/v1.23/images/json?all=1&digests=true&filter=ubuntu:12.04"),
        ("GET", "/v1.30/images/json?filters="),
        ("GET", "/v1.56/images/json?manifests=1&identity=1"),
        ("GET", "/v1.43/images/a/b%2Fc:1/json"),
        ("POST", "/v1.43/images/a/b/tag?repo=x&tag=y"),
        ("DELETE", "/v1.43/images/a?force=1"),
        ("HEAD", "/_ping"),
        ("GET", "/v1.50/info"),
        ("OPTIONS", "/images/json"),
    ],
)
def test_a_conforming_request_has_no_problems(method: str, target: str) -> None:
    assert about(target, method) == ()


@pytest.mark.parametrize(
    "value",
    [
        {"label": ["a=b", "c"], "dangling": ["true"]},
        {"label": {"a=b": True}, "reference": {"x": True}},
        {"since": ["x"], "until": ["24h"]},
        {},
    ],
)
def test_both_forms_of_filters_conform(value: Any) -> None:
    assert about_filters(value) == ()


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/v1.43/images/json?al=1", "unknown parameter 'al'; image_list of v1.43 has: all, dig"),
        ("/v1.43/_ping?x", "unknown parameter 'x'; ping of v1.43 has: none"),
        ("/v1.23/images/json?shared-size=1", "'shared-size' came with v1.42; v1.23 does not know"),
        ("/v1.41/images/json?shared-size=1", "'shared-size' came with v1.42; v1.41 does not know"),
        ("/v1.44/images/json?filter=x", "'filter' is gone since v1.41; v1.44 does not know it"),
        ("/images/json?all=1&all=0", "the parameter 'all' is there more than once; only the first"),
        ("/images/json?all=%zz", 'the query string is malformed: invalid URL escape "%zz"'),
        ("/images/json?a;b", "the query string is malformed: invalid semicolon"),
        ("/v1.99/images/json", "the contract describes the versions 1.23 to 1.56, not 1.99"),
        ("/v1.12/images/json", "the contract describes the versions 1.23 to 1.56, not 1.12"),
        ("/v1.43/images/jsn", "GET /images/jsn is not an operation of v1.43"),
        ("/v1.23/images/a/attestations", "GET /images/a/attestations came with v1.5"),
    ],
)
def test_a_departure_is_reported(target: str, problem: str) -> None:
    (told,) = about(target)
    assert problem in told


def test_operations_outside_the_contract_are_reported() -> None:
    assert about("/v1.43/containers/create", "POST") == (
        "POST /containers/create is part of the Docker API, but not about listing images",
    )


def test_other_operations_have_other_filters() -> None:
    target = "/v1.43/containers/json?filters="
    assert about(target + quote('{"status":["running"]}')) == ()
    (told,) = about(target + quote('{"status":"running"}'))
    assert told.startswith("'filters' has a wrong form")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("label=a", "'filters' is not JSON"),
        ("[" * 100_000, "'filters' is not JSON"),
        ([], "'filters' has a wrong form; write {"),
        ({"label": "a"}, "'filters' has a wrong form"),
        ({"label": ["a"], "dangling": {"true": True}}, "'filters' has a wrong form"),
        ({"label": {"a": 1}}, "'filters' has a wrong form"),
        ({"label": [1]}, "'filters' has a wrong form"),
        ({"name": ["a"]}, "unknown filter 'name'; there are: before, dangling, label, reference"),
        ({"dangling": ["maybe"]}, "'filters' has an invalid value: invalid filter 'dangling="),
        ({"until": ["x"]}, "'filters' has an invalid value: invalid value for 'until' filter"),
    ],
)
def test_a_departure_in_filters_is_reported(value: Any, problem: str) -> None:
    (told,) = about_filters(value)
    assert problem in told


def test_a_filter_of_a_later_version_is_reported() -> None:
    assert about_filters({"until": ["1"]}, "1.41") == (
        "the filter 'until' came with v1.42; this version does not know it",
    )
    assert about_filters({"reference": ["1"], "x": ["1"]}, "1.23") == (
        "the filter 'reference' came with v1.24; this version does not know it",
        "unknown filter 'x'; there are: dangling, label",
    )


def test_http_1_1_requires_a_host() -> None:
    target = Target.parse("/_ping")
    assert problems.find("GET", target, {}, "1.0") == ()
    assert problems.find("GET", target, {}, "1.1") == (
        "the header Host is missing, which HTTP/1.1 demands",
    )


def test_a_malformed_request_has_one_problem() -> None:
    assert problems.find("", Target.parse(""), {}, "") == ("it is not a valid HTTP request",)
