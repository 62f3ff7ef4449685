"""Tests of the rendered documents."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import muster_openapi
from tests.support.missing import missing, require_program

ROOT = Path(__file__).parents[2]
REDOCLY = "@redocly/cli@2.77.0"


def test_a_document_names_its_version_in_the_servers_address(document: dict[str, Any]) -> None:
    [server] = document["servers"]

    assert server["url"] == f"http://{{address}}/v{document['info']['version']}"


def test_head_precedes_get(document: dict[str, Any]) -> None:
    assert list(document["paths"]["/_ping"]) == ["head", "get"]
    assert next(iter(document["paths"])) == "/images/json"


def test_rendered_documents_have_no_yaml_anchors() -> None:
    for version in muster_openapi.VERSIONS[1:]:
        assert not re.search(
            r"^\s*(-|[^'\"#|]+:) [&*]\w+", muster_openapi.text(version), re.MULTILINE
        )


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_the_shape_for_clients_is_valid_openapi(version: str) -> None:
    from openapi_spec_validator import OpenAPIV30SpecValidator  # noqa: PLC0415

    document = muster_openapi.document(version, "client")

    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


@pytest.fixture
def redocly() -> Callable[..., str]:
    """Lint files and return redocly's findings."""
    npx = require_program("npx")

    def lint(*files: Path) -> str:
        done = subprocess.run(
            [
                *(npx, "--yes", REDOCLY, "lint", "--format=json"),
                *("--config", ROOT / "openapi" / "redocly.yaml", *files),
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ | {"REDOCLY_TELEMETRY": "off"},
        )
        if not done.stdout:
            reason = next(iter(done.stderr.splitlines()), done.returncode)
            missing(f"npx cannot run {REDOCLY}: {reason}")
        # One object a file, with nothing between them.
        objects = json.loads(f"[{done.stdout.replace('}{', '},{')}]")
        assert len(objects) == len(files)
        problems = [problem for each in objects for problem in each["problems"]]
        assert done.returncode == (
            1 if any(each["severity"] == "error" for each in problems) else 0
        )
        return "\n".join(f"{each['ruleId']}: {each['message']}" for each in problems)

    return lint


def test_redocly_accepts_the_documents(redocly: Callable[..., str]) -> None:
    folder = ROOT / "openapi"
    files = [folder / "v1.23.yaml", *sorted((folder / "rendered").rglob("*.yaml"))]

    # Served, for clients and for fuzzing, and the first two as OpenAPI 3.1 as well.
    assert len(files) == 5 * len(muster_openapi.VERSIONS)
    assert redocly(*files) == ""


@pytest.mark.parametrize(
    ("wrong", "right", "rule"),
    [
        ('"#/components/schemas/Vision"', '"#/components/schemas/Version"', "no-unresolved-refs"),
        ("Size: many", "Size: 24653", "no-invalid-media-type-examples"),
        ("type: strnig", "type: string", "struct"),
    ],
)
def test_redocly_finds_a_planted_fault(
    redocly: Callable[..., str], tmp_path: Path, wrong: str, right: str, rule: str
) -> None:
    text = muster_openapi.text("1.23")
    faulty = tmp_path / "v1.23.yaml"
    faulty.write_text(text.replace(right, wrong), encoding="utf-8")

    assert f"{rule}: " in redocly(faulty)
