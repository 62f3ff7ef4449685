import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Never

import pytest

from musterd import __version__, app
from musterd.api.middleware.operation_rules import with_content_type
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract.document import Operation
from musterd.errors import DatabaseError
from musterd.images.image import Image
from tests.server.support.golden import AllImages, Images

Ask = Callable[..., Any]
MakeImage = Callable[..., Image]

DIGEST = "sha256:cbbf2f9a99b47fc460d422812b6a5adff7dfee951d8fa2e4a98caa0382cfbdbf"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
NOT_FOUND_IN_TEXT = (404, TEXT, b"404 page not found\n")
NOT_FOUND = (404, JSON, b'{"message":"page not found"}\n')


# Building the application takes longer than most tests.
@pytest.fixture(scope="module")
def shared() -> tuple[Images, Any]:
    store = Images()
    return store, create_app(store)


@pytest.fixture
def store(shared: tuple[Images, Any], data: Path) -> Images:
    store = shared[0]
    store.now = AllImages(listing_json.parse((data / "seed.json").read_bytes(), "seed.json"))
    return store


@pytest.fixture
def ask(store: Images, shared: tuple[Images, Any], ask_app: Ask) -> Ask:
    assert shared[0] is store
    return partial(ask_app, shared[1])


def not_found(version: str) -> tuple[int, str, bytes]:
    return NOT_FOUND_IN_TEXT if version == "/v1.23" else NOT_FOUND


def outcome(answer: Any) -> tuple[int, str | None, bytes]:
    return answer.status, answer.headers.get("content-type"), answer.body


def by_id(images: Any) -> dict[str, Any]:
    return {image["Id"]: image for image in images}


# The seed's two example requests: the first shows two of the three images, the second the third.
def test_the_first_documented_example_is_reproduced(ask: Ask, data: Path) -> None:
    answer = ask("/v1.23/images/json?all=0")
    expected = json.loads((data / "seed.json").read_text())
    shown = by_id(answer.json)
    assert answer.headers["content-type"] == "application/json"
    assert [shown[image["Id"]] for image in expected[:2]] == expected[:2]


def test_the_second_documented_example_is_reproduced(ask: Ask, data: Path) -> None:
    expected = json.loads((data / "seed.json").read_text())[2]
    assert by_id(ask("/v1.23/images/json?digests=1").json)[expected["Id"]] == expected


def tags(answer: Any) -> list[list[str]]:
    assert answer.status == 200
    return [image["RepoTags"] for image in answer.json]


def test_the_parameters_reach_the_listing(ask: Ask, store: Images, make_image: MakeImage) -> None:
    store.now = (*store.now, make_image(1), make_image(2, parent=1))
    assert len(ask("/images/json").json) == 4
    assert len(ask("/images/json?all=1").json) == 5
    assert tags(ask("/v1.23/images/json?filter=ubuntu:12.10")) == [["ubuntu:12.10"]]
    assert tags(ask('/images/json?filters={"label":["com.example.version=v1"]}')) == [
        ["ubuntu:12.10", "ubuntu:quantal"]
    ]
    assert "RepoDigests" in ask("/v1.23/images/json?digests=True&filter=playdate").json[0]


def test_the_parameters_depend_on_the_document_of_the_version(ask: Ask) -> None:
    for version, count in (("1.23", 1), ("1.40", 1), ("1.41", 3), ("1.56", 3)):
        assert len(ask(f"/v{version}/images/json?filter=playdate").json) == count
    for version, size in (("1.41", -1), ("1.42", 0), ("1.56", 0)):
        shown = ask(f"/v{version}/images/json?shared-size=1").json
        assert {image["SharedSize"] for image in shown} == {size}
    for version, status in (("1.53", 200), ("1.54", 400), ("1.56", 400)):
        assert ask(f"/v{version}/images/json?identity=1").status == status
        assert ask(f"/v{version}/images/json?identity=1&manifests=1").status == 200
    assert ask("/images/json?identity=1").json == {
        "message": "conflicting options: identity requires manifests=1"
    }


def test_repeated_parameters_use_the_first_value_and_unknown_are_ignored(ask: Ask) -> None:
    query = "filter=playdate&filter=ubuntu&only_ids=0&filters[x]=1"
    assert tags(ask(f"/v1.23/images/json?{query}")) == [["playdate:latest"]]


@pytest.mark.parametrize(
    "version", ["/v1.12", "/v1.23", "/v1.23.0", "/v01.023", "/v1.24", "/v1.40"]
)
def test_every_served_version_has_the_same_listing(ask: Ask, version: str) -> None:
    assert tags(ask(f"{version}/images/json?filter=playdate")) == [["playdate:latest"]]


@pytest.mark.parametrize("path", ["/images/%6Ason", "/%69mages/json", "/%761.23/images/json"])
def test_a_path_is_decoded_before_it_is_looked_up(ask: Ask, path: str) -> None:
    assert ask(path).status == 200


def test_every_response_names_the_server_and_api_version(ask: Ask) -> None:
    for target in ("/images/json", "/_ping", "/nosuch", "/v9.99/images/json", "//_ping"):
        headers = ask(target).headers
        assert headers["api-version"] == "1.56"
        assert headers["server"].startswith(f"Muster/{__version__} (")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ('/v1.23/images/json?filters={"foo":["x"]}', "Invalid filter 'foo'"),
        ('/v1.12/images/json?filters={"dangling":["x"]}', "Invalid filter 'dangling=[x]'"),
        ("/v1.20/images/json?all=%zz", 'invalid URL escape "%zz"'),
        ("/v1.23/images/json?all=1;x=1", "invalid semicolon separator in query"),
        (
            "/v1.11/_ping",
            (
                "client version 1.11 is too old. Minimum supported API version is 1.12, "
                "please upgrade your client to a newer version"
            ),
        ),
    ],
)
def test_client_errors_are_plain_text_at_1_23(ask: Ask, target: str, message: str) -> None:
    assert outcome(ask(target)) == (400, TEXT, f"{message}\n".encode())


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ('/v1.24/images/json?filters={"foo":["x"]}', "Invalid filter 'foo'"),
        ('/images/json?filters={"foo":["x"]}', "invalid filter 'foo'"),
        ("/images/json?filters=x", "invalid filter"),
        ("/v1.41/images/json?all=%zz", 'invalid URL escape "%zz"'),
        (
            "/v1.57/images/json?all=%zz",
            "client version 1.57 is too new. Maximum supported API version is 1.56",
        ),
    ],
)
def test_client_errors_are_json_from_1_24_on(ask: Ask, target: str, message: str) -> None:
    answer = ask(target)
    assert outcome(answer)[:2] == (400, JSON)
    assert answer.json == {"message": message}


def test_an_image_named_in_a_filter_must_exist(ask: Ask) -> None:
    answer = ask('/images/json?filters={"before":["nosuch"]}')
    assert outcome(answer) == (404, JSON, b'{"message":"No such image: nosuch:latest"}\n')


@pytest.mark.parametrize(
    "name",
    [
        "playdate",
        "playdate:latest",
        "docker.io%2Flibrary%2Fplaydate",
        "localhost:5000/test/busybox",
        "localhost:5000%2Ftest/busybox:latest",
        f"localhost:5000/test/busybox@{DIGEST}",
        "4986bf8c1536",
        "sha256:4986bf8c15363d1c5d15512d5266f8777bfba4974ac56e3270e7760f6f0a8125",
    ],
)
@pytest.mark.parametrize("version", ["", "/v1.23", "/v1.24"])
def test_an_image_can_be_inspected_by_any_of_its_names(ask: Ask, version: str, name: str) -> None:
    answer = ask(f"{version}/images/{name}/json")
    assert outcome(answer)[:2] == (200, JSON)
    assert answer.json["Id"].startswith("4986bf8c1536")


@pytest.mark.parametrize(
    ("version", "name", "status", "message"),
    [
        ("1.23", "nosuch", 404, "No such image: nosuch"),
        ("1.23", "UPPER", 404, "No such image: UPPER"),
        ("1.24", "a/b", 404, "no such image: a/b: No such image: a/b:latest"),
        ("1.24", "{}", 400, "no such image: {}: invalid reference format"),
        ("1.42", "a/b", 404, "No such image: a/b:latest"),
        (
            "1.56",
            "UPPER",
            400,
            "invalid reference format: repository name (library/UPPER) must be lowercase",
        ),
    ],
)
def test_inspecting_an_unknown_image_is_not_found(
    ask: Ask, version: str, name: str, status: int, message: str
) -> None:
    answer = ask(f"/v{version}/images/{name}/json")
    assert answer.status == status
    text = answer.body.decode() if version == "1.23" else answer.json["message"] + "\n"
    assert text == f"{message}\n"


def test_the_images_are_counted(ask: Ask, store: Images, make_image: MakeImage) -> None:
    store.now = (make_image(1), make_image(2, parent=1))
    answer = ask("/info")
    assert outcome(answer)[:2] == (200, JSON)
    assert answer.json["Images"] == 2


@pytest.mark.parametrize("version", ["", "/v1.23", "/v1.24", "/v9.99"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "HEAD", "TRACE", "FOO"])
@pytest.mark.parametrize("path", ["/images/json", "/images/a/b/json", "/info"])
def test_another_method_is_not_found(ask: Ask, version: str, path: str, method: str) -> None:
    assert outcome(ask(version + path, method)) == not_found(version)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/images/load"),
        ("POST", "/images/a/b/tag"),
        ("DELETE", "/images/a/b"),
        ("DELETE", "/images/json"),
    ],
)
def test_write_operations_have_handlers(ask: Ask, method: str, path: str) -> None:
    # Any response but 404 is fine.
    assert ask(path, method).body != NOT_FOUND[2]


def test_the_content_type_is_replaced_by_the_documented_one() -> None:
    operation = Operation("POST", frozenset(), media_type="application/x-tar")
    sent = [(b"host", b"x"), (b"content-type", b"bogus")]
    kept = [(b"host", b"x"), (b"content-type", b"application/x-tar")]
    assert with_content_type(operation, sent) == kept


@pytest.mark.parametrize("version", ["", "/v1.23", "/v1.24"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/images",
        "/images/",
        "/images/json/",
        "/images/JSON",
        "/Images/json",
        "/images/viz",
        "/images/json%20",
        "/images/json%00",
        "/images/json%0A",
        "/images/json/x",
        "/nosuch?x=%zz",
        "/ui/",
        "/openapi.json",
        "/v1.23/images/json",
        "/v/images/json",
        "/V1.23/images/json",
    ],
)
def test_an_unknown_path_is_not_found_at_any_version(ask: Ask, version: str, path: str) -> None:
    # A second version in the path is not a version.
    if path.startswith("/v1.23") and not version:
        return
    assert outcome(ask(version + path)) == not_found(version)


@pytest.mark.parametrize("target", ["/images/json", "/nosuch", "*"])
def test_options_requests_get_an_empty_response(ask: Ask, target: str) -> None:
    assert outcome(ask(target, "OPTIONS")) == (200, None, b"")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("//images/json", "/images/json"),
        ("/v1.23//images/json?all=1&x=%zz", "/v1.23/images/json?all=1&x=%zz"),
        ("/images/./json", "/images/json"),
        ("/images/../a%20b", "/a%20b"),
    ],
)
def test_an_unclean_path_is_redirected_with_its_query(ask: Ask, target: str, location: str) -> None:
    answer = ask(target)
    assert outcome(answer) == (301, None, b"")
    assert answer.headers["location"] == location


def test_a_malformed_path_is_a_bad_request(ask: Ask) -> None:
    assert outcome(ask("/images/%zz")) == (400, TEXT, b"400 Bad Request")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "bogus"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json", "Content-Length": "0"},
        {"Accept": "application/xml"},
        {"Host": "1.28"},
    ],
)
def test_request_headers_do_not_affect_a_listing(ask: Ask, headers: dict[str, str]) -> None:
    assert ask("/images/json", headers=headers).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/_ping", "/v1.12/_ping", "/_ping?x=%zz"])
def test_a_ping_is_answered(ask: Ask, method: str, target: str) -> None:
    assert outcome(ask(target, method)) == (200, TEXT, b"OK")


def test_a_ping_with_another_method_is_not_found(ask: Ask) -> None:
    assert outcome(ask("/_ping", "POST")) == NOT_FOUND


def test_the_version_is_reported(ask: Ask) -> None:
    answer = ask("/v1.20/version")
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.endswith(b"\n")
    assert answer.json["Version"] == __version__
    assert answer.json["ApiVersion"] == "1.56"
    assert answer.json["MinAPIVersion"] == "1.12"
    assert answer.json["Os"] == "linux"


def test_architectures_have_their_go_names(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, arch in (("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")):
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert ask("/version").json["Arch"] == arch


def test_an_internal_error_is_logged_and_answered(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: Any) -> Never:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Images, "snapshot", fail)
    with caplog.at_level(logging.ERROR, "musterd.api"):
        answer = ask("/v1.23/images/json")
    assert outcome(answer) == (500, TEXT, b"internal error; the server's log says more\n")
    assert "disk full" in caplog.text


def test_every_operation_of_every_document_has_a_handler(ask: Ask) -> None:
    for version in app.muster_openapi.VERSIONS:
        # Connexion looks for all handlers when the first request arrives.
        assert ask(f"/v{version}/version").status == 200


def test_a_ping_needs_no_document(ask_app: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.muster_openapi, "document", None)
    fresh = create_app(Images())
    for target in ("/_ping", "/v1.23/_ping", "/v1.56/_ping"):
        assert ask_app(fresh, target).body == b"OK"
        assert ask_app(fresh, target, "HEAD").status == 200
    assert ask_app(fresh, "/v1.57/_ping").status == 400
    assert ask_app(fresh, "/v1.11/_ping", "HEAD").status == 400


def test_connexion_errors_have_the_same_format(
    ask_app: Ask, store: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = app.muster_openapi.document("1.23")
    document["components"]["parameters"]["all"]["schema"]["enum"] = ["1", "0"]
    monkeypatch.setattr(app.muster_openapi, "document", lambda _: document)
    answer = ask_app(create_app(store), "/v1.23/images/json?all=2")
    assert outcome(answer) == (400, TEXT, b"'2' is not one of ['1', '0']\n")
