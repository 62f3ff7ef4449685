"""The vectors are complete, up to date, and agree with the recorded daemons."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl

import jsonschema
import pytest

import muster_openapi
from muster.model.exchange import Response
from muster.model.version import FIRST, NEWEST, ApiVersion
from muster.register.requirements import Level, register
from muster.vectors import build
from muster.vectors.catalogues import catalogues
from muster.vectors.judge import judge
from muster.vectors.recorded import FILE, parameters_of, servers
from muster.vectors.vector import VectorRequest
from tests.conformance.support.recorded import answer
from tools import recorded_answers

from .in_process import vectors

FOLDER = Path(build.__file__).parents[2] / "vectors"
SCHEMA = json.loads((FOLDER / build.SCHEMA).read_text("utf-8"))
FILTERS = ("dangling", "label", "label!", "before", "since", "reference", "until")
PARAMETERS = ("all", "digests", "filter", "filters", "shared-size", "manifests", "identity")
ERRORS = ("LIST-ERROR-STATUS", "LIST-ERROR-JSON", "LIST-FILTERS-MALFORMED", "LIST-BEFORE-UNKNOWN")
RENDERED = (
    "LIST-SCHEMA", "LIST-PLACEHOLDER", "LIST-LISTS-NEVER-NULL", "LIST-VIRTUAL-SIZE-GONE",
    "LIST-NOT-CALCULATED", "LIST-CONTAINERS-NUMBER", "LIST-SHARED-SIZE", "LIST-LATER-MEMBERS",
    "LIST-MANIFESTS-CONTENT", "LIST-ORDER",
)  # fmt: skip


def test_the_committed_files_are_up_to_date() -> None:
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}

    assert there == build.files(), "`make vectors` writes them anew"


def test_the_list_of_recorded_responses_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == recorded_answers.text(), "`make vectors` writes it anew"


@pytest.mark.parametrize("topic", build.TOPICS)
def test_every_vector_file_matches_the_schema(topic: str) -> None:
    value = json.loads((FOLDER / f"{topic}.json").read_text("utf-8"))

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(value, SCHEMA, jsonschema.Draft202012Validator)


def test_no_two_vectors_have_the_same_id() -> None:
    counts = Counter(vector.id for vector in vectors())

    assert [name for name, count in counts.items() if count > 1] == []


def test_every_vector_belongs_to_a_breakable_rule() -> None:
    levels = {vector.id: register()[vector.requirement].level for vector in vectors()}

    assert Level.OBSERVE not in levels.values()
    assert {vector.id: vector.level for vector in vectors()} == levels


def test_every_filter_and_parameter_has_vectors() -> None:
    asked = [dict(vector.request.parameters or ()) for vector in vectors()]
    filters = " ".join(each.get("filters", "") for each in asked)

    assert [name for name in FILTERS if f'"{name}"' not in filters] == []
    assert [name for name in PARAMETERS if not any(name in each for each in asked)] == []


def test_errors_and_members_have_vectors() -> None:
    assert {*ERRORS, *RENDERED} <= {vector.requirement for vector in vectors()}


def test_every_version_has_vectors() -> None:
    for version in map(ApiVersion.parse, muster_openapi.VERSIONS):
        assert sum(vector.holds_at(version) for vector in vectors()) > 300


def test_a_vector_applies_from_its_first_to_its_last_version() -> None:
    [early] = [each for each in vectors() if each.id == "versions/manifests"]
    assert not early.holds_at(ApiVersion(1, 46))
    assert early.holds_at(NEWEST)
    [gone] = [each for each in vectors() if each.id == "members/virtual-size"]
    assert gone.holds_at(FIRST)
    assert gone.holds_at(ApiVersion(1, 43))
    assert not gone.holds_at(ApiVersion(1, 44))


def requests() -> list[VectorRequest]:
    others = [e.same or () for v in vectors() for e in v.expect]
    return [v.request for v in vectors()] + [each for some in others for each in some]


def test_decoded_parameters_match_the_query() -> None:
    for request in requests():
        decoded = tuple(parse_qsl(request.query, keep_blank_values=True))
        assert request.parameters in {None, decoded}


def answers() -> dict[tuple[str, str, str], Response]:
    return {
        (recording["server"]["name"], version, parameters_of(query)): answer(recording, exchange)
        for recording in recorded_answers.recordings()
        for version, query, exchange in recorded_answers.answered(recording)
    }


def test_the_vectors_match_the_recorded_daemons() -> None:
    recorded = answers()
    images = catalogues()["docker"]
    problems = []
    checked = 0
    for vector in vectors():
        for server, versions in vector.recorded.items():
            for version in versions:
                got = recorded[server, version, parameters_of(vector.request.query)]
                checked += 1
                problem = judge(vector, images, lambda _query, got=got: got)  # type: ignore[misc]
                if problem and (vector.level is Level.MUST or got.status < 500):
                    problems.append(f"{vector.id} {server} at {version}: {problem}")

    assert checked > 1000
    assert problems == []


def test_unrecorded_queries_name_no_daemon() -> None:
    assert servers("muster=never-asked", [FIRST]) == {}
    assert servers("all=1", [ApiVersion(1, 22)]) == {}
