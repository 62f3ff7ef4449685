"""The seed's examples are the contract's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def exchanges(data: Path) -> list[tuple[str, Any]]:
    """Return the seed's example requests, each with the body of its response."""
    seed = (data / "seed.txt").read_text(encoding="utf-8")
    requests = re.findall(r"^(GET .+) HTTP/1\.1$", seed, re.MULTILINE)
    bodies = re.findall(r"^\[\n.+?^\]$", seed, re.MULTILINE | re.DOTALL)
    return list(zip(requests, map(json.loads, bodies), strict=True))


@pytest.fixture
def named(v1_23: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = v1_23["components"]["examples"]
    return found


def test_the_named_examples_match_the_seed(
    exchanges: list[tuple[str, Any]], named: dict[str, Any]
) -> None:
    seeds = [named["seed_all"], named["seed_digests"]]

    assert [(example["summary"], example["value"]) for example in seeds] == exchanges


def test_the_seeds_responses_match_the_schema(
    exchanges: list[tuple[str, Any]], v1_23: dict[str, Any], errors: Any
) -> None:
    schema = "/paths/~1images~1json/get/responses/200/content/application~1json/schema"

    assert [errors(v1_23, schema, body) for _, body in exchanges] == [[], []]


@pytest.mark.parametrize(("parameter", "name"), [("all", "seed_all"), ("digests", "seed_digests")])
def test_a_seed_example_has_one_name_in_request_and_response(
    parameter: str, name: str, v1_23: dict[str, Any], named: dict[str, Any]
) -> None:
    asked = v1_23["components"]["parameters"][parameter]["examples"][name]["value"]

    assert named[name]["summary"] == f"GET /images/json?{parameter}={asked}"
