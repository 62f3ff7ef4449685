import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator
from openapi_spec_validator import validate

import muster_openapi
from musterd.control import api
from musterd.control.api import create_control
from musterd.control.engine_switch import EngineSwitch
from musterd.control.state import ServerState, Start
from musterd.departures.imitation import Imitation
from musterd.recording.request import RecordedRequest
from musterd.seeds.addition import resolve
from musterd.seeds.description import describe
from musterd.seeds.document import schema
from musterd.storage import catalogue
from tests.server.support import asgi

DOCUMENT = yaml.safe_load((Path(muster_openapi.__file__).parent / "control.yaml").read_text())
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
PROBLEM = "unknown parameter 'al'; image_list of v1.43 has: all, digests, filters, shared-size"
Send = Callable[..., asgi.Answer]


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """Answer nothing: these tests never reach the controlled application."""


def build(imitation: Imitation) -> Any:
    imitation.resolve()
    return nothing


@pytest.fixture
def state() -> Iterator[ServerState]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        start = Start(
            images=resolve([describe("first:1")]), imitation=Imitation(engine="docker-28"), grease=3
        )
        yield ServerState(store, start, EngineSwitch(build, start.imitation))


@pytest.fixture
def send(state: ServerState) -> Send:
    control = create_control(state)

    def send(method: str, path: str, body: Any = None, **headers: str) -> asgi.Answer:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return asyncio.run(
            asgi.ask(control, f"/_muster/{path}", method, headers=headers, body=[sent])
        )

    return send


def tags(state: ServerState) -> set[str]:
    return {tag.familiar for image in state.store.images() for tag in image.tags}


def test_images_are_added_and_removed(state: ServerState, send: Send) -> None:
    seed = {"images": [{"name": "base:1"}, {"names": ["app:1"], "parent": "base:1"}]}
    answer = send("POST", "images", seed)
    assert answer.status == 200
    assert len(answer.json["ids"]) == 2
    assert tags(state) == {"base:1", "app:1"}
    assert send("DELETE", "images").status == 204
    assert tags(state) == set()


def test_ids_are_those_that_the_engine_shows(state: ServerState, send: Send) -> None:
    seed = {"images": [{"name": "app:1", "platforms": ["linux/amd64", "linux/arm64"]}]}
    [graph] = send("POST", "images", seed).json["ids"]
    assert send("PUT", "engine", {"engine": "docker-28-containerd"}).status == 204
    [index] = send("POST", "images", seed).json["ids"]
    [image] = state.store.images()
    assert (image.id, image.targets[0].digest) == (graph, index)
    assert replace(state, engine=None).id_of(image) == graph


def test_images_to_pull_are_no_images_of_the_catalogue(state: ServerState, send: Send) -> None:
    seed = {"images": [{"name": "app:2", "pullable": True}, {"name": "app:1"}]}
    answer = send("POST", "images", seed)
    assert len(answer.json["ids"]) == 2
    assert tags(state) == {"app:1"}
    assert [image.id for image in state.pullable.images] == answer.json["ids"][1:]
    assert send("POST", "reset").status == 204
    assert not state.pullable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"x", "the request is not JSON: Expecting value"),
        (b"[" * 100_000, "the request is not JSON"),
        ([], "the request: all: it must be a map with the key images, not []"),
        ({"images": [{"size": "x"}]}, "the request: images.0.size: 'x' is not a size"),
        ({"images": [{"x": 1}]}, "the request: images.0.x: unknown key 'x'; known are name"),
        ({"images": [{"parent": "a"}]}, "the request: images.0: there is no parent 'a'"),
    ],
)
def test_an_invalid_seed_adds_nothing(
    state: ServerState, send: Send, body: Any, message: str
) -> None:
    answer = send("POST", "images", body)
    assert answer.status == 400
    assert answer.json["message"].startswith(message)
    assert state.store.images() == []


def test_recorded_requests_are_shown_and_cleared(state: ServerState, send: Send) -> None:
    state.journal.add(RecordedRequest("GET", "/v1.43/images/json?al=1", {"host": "x"}, status=200))
    shown = send("GET", "requests").json
    assert shown == {
        "requests": [
            {
                "method": "GET",
                "target": "/v1.43/images/json?al=1",
                "path": "/images/json",
                "api_version": "1.43",
                "query": {"al": ["1"]},
                "headers": {"host": "x"},
                "http_version": "1.1",
                "status": 200,
                "duration": None,
                "problems": [
                    PROBLEM,
                ],
            }
        ]
    }
    assert set(shown["requests"][0]) == set(schemas("Request"))
    assert send("DELETE", "requests").status == 204
    assert send("GET", "requests").json == {"requests": []}


def test_faults_are_added_and_removed(state: ServerState, send: Send) -> None:
    assert send("POST", "faults", {"status": 503, "delay": "1ms", "times": 2}).status == 204
    taken = state.faults.take("GET", "/_ping")
    assert taken is not None
    assert (taken.status, taken.delay, taken.times) == (503, 0.001, 2)
    assert send("DELETE", "faults").status == 204
    assert state.faults.take("GET", "/_ping") is None


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", {}, "name a fault: status, delay, cut_after, hang or reset"),
        ("faults", {"stat": 5}, "the request: Object contains unknown field `stat`"),
        ("faults", {"status": "x"}, "the request: Expected `int | null`, got `str`"),
        ("faults", b"\xff", "the request: "),
        ("grease", {}, "the request: Object missing required field `seed`"),
        ("engine", {}, "the request: Object missing required field `engine`"),
        ("engine", {"engine": "any", "x": 1}, "the request: Object contains unknown field `x`"),
    ],
)
def test_invalid_input_is_refused_with_a_reason(
    send: Send, path: str, body: Any, message: str
) -> None:
    answer = send("POST" if path == "faults" else "PUT", path, body)
    assert answer.status == 400
    assert answer.json["message"].startswith(message)


def test_grease_is_set(state: ServerState, send: Send) -> None:
    for seed in (7, None):
        assert send("PUT", "grease", {"seed": seed}).status == 204
        assert state.oddities.seed == seed


ENGINE = {"engine": "docker-28", "api_min": "1.24", "api_max": "1.51", "departures": []}


def test_the_engine_is_shown_and_changed(send: Send) -> None:
    assert send("GET", "engine").json == ENGINE
    assert send("PUT", "engine", {"engine": "podman-5.8"}).status == 204
    assert send("GET", "engine").json == ENGINE | {"engine": "podman-5.8", "api_max": "1.44"}
    changed = {
        "engine": "docker-29",
        "api_min": "1.44",
        "api_max": "1.52",
        "departures": ["LIST-ORDER", "LIST-DIGESTS"],
    }
    assert send("PUT", "engine", changed).status == 204
    assert send("GET", "engine").json == changed


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"engine": "x"}, "there is no engine 'x', only any, docker-1.11, docker-20.10, docker-28"),
        ({"engine": "any", "departures": ["X"]}, "there is no departure 'X', only LIST-ANSWER, "),
        (
            {"engine": "any", "api_max": "9"},
            "'9' is not an API version of musterd; write one ",
        ),
    ],
)
def test_an_invalid_engine_changes_nothing(send: Send, body: Any, message: str) -> None:
    answer = send("PUT", "engine", body)
    assert answer.status == 400
    assert answer.json["message"].startswith(message)
    assert send("GET", "engine").json == ENGINE


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_addresses_with_their_own_engine_keep_it(
    state: ServerState, send: Send, method: str
) -> None:
    state.engine = None
    answer = send(method, "engine", {"engine": "any"})
    assert answer.status == 409
    assert answer.json["message"].startswith("each address of this server names its engine")
    assert send("POST", "reset").status == 204


def test_a_reset_restores_the_initial_state(state: ServerState, send: Send) -> None:
    send("POST", "images", {"images": [{"name": "app:1"}]})
    send("PUT", "engine", {"engine": "any"})
    send("PUT", "grease", {"seed": None})
    send("POST", "faults", {"status": 503})
    state.journal.add(RecordedRequest("GET", "/"))
    assert send("POST", "reset").status == 204
    assert tags(state) == {"first:1"}
    assert send("GET", "engine").json == ENGINE
    assert state.oddities.seed == 3
    assert state.faults.take("GET", "/") is None
    assert state.journal.all() == ()


def test_an_oversized_body_is_refused(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_LARGEST", 9)
    assert send("POST", "faults", b"1234567890").status == 413


def test_requests_from_web_pages_are_refused(send: Send) -> None:
    assert send("GET", "requests", Origin="http://evil.example").status == 403


def schemas(name: str) -> dict[str, Any]:
    return DOCUMENT["components"]["schemas"][name]["properties"]


def test_the_control_document_is_valid_and_matches_the_server(send: Send) -> None:
    validate(DOCUMENT)
    described = {
        (method.upper(), path.removeprefix("/_muster/"))
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
    }
    for path in {path for _, path in described} | {"nosuch"}:
        for method in METHODS:
            is_there = send(method, path).status not in (404, 405)
            assert is_there == ((method, path) in described), (method, path)


def test_the_control_document_describes_the_bodies() -> None:
    assert set(schemas("Image")) == set(schema()["$defs"]["image"]["properties"])
    assert set(schemas("Fault")) == set(api.FaultDescription.__struct_fields__)
    assert set(schemas("Grease")) == set(api.GreaseDescription.__struct_fields__)
    assert set(schemas("Engine")) == set(api.EngineDescription.__struct_fields__)
    for each in DOCUMENT["components"]["schemas"].values():
        Draft4Validator.check_schema(each)
