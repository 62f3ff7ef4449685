"""The engines that musterd imitates."""

import asyncio
import json
from typing import Any

import pytest

from musterd.app import create_app
from musterd.contract import engines, rules
from musterd.contract.versions import ApiVersion
from musterd.errors import FilterError, NewNameError, NotFoundError, ServeError
from tests.server.support import asgi
from tests.server.support.asgi import Answer
from tests.server.support.golden import Images

# Each engine's refusal of unsupported versions.
TOO_OLD = "client version {} is too old. Minimum supported API version is {}, please upgrade your"
REFUSALS = [
    ("docker-1.11", "1.24", "client is newer than server (client API version: 1.24, server"),
    ("docker-1.11", "1.11", TOO_OLD.format("1.11", "1.12")),
    ("docker-20.10", "1.42", "client version 1.42 is too new. Maximum supported API version is"),
    ("docker-20.10", "1.11", TOO_OLD.format("1.11", "1.12")),
    ("docker-28", "1.52", "client version 1.52 is too new. Maximum supported API version is 1.51"),
    ("docker-28", "1.23", TOO_OLD.format("1.23", "1.24")),
    ("docker-29", "1.57", "client version 1.57 is too new. Maximum supported API version is 1.56"),
    ("docker-29", "1.39", TOO_OLD.format("1.39", "1.40")),
]


def ask(name: str, target: str, method: str = "GET", **options: Any) -> Answer:
    app = create_app(Images(), engine=engines.find(name))
    return asyncio.run(asgi.ask(app, target, method, **options))


@pytest.mark.parametrize(("name", "version", "words"), REFUSALS)
def test_unsupported_versions_are_refused_in_the_engines_words(
    name: str, version: str, words: str
) -> None:
    for path in ("/images/json", "/_ping"):
        answer = ask(name, f"/v{version}{path}")
        assert answer.status == 400
        assert words in answer.body.decode()
        in_json = answer.headers["content-type"] == "application/json"
        assert in_json == (ApiVersion(version) >= ApiVersion("1.24") and name != "docker-1.11")


@pytest.mark.parametrize("name", engines.ENGINES)
def test_an_engine_serves_its_whole_range(name: str) -> None:
    engine = engines.find(name)
    for version in (engine.oldest, engine.newest):
        assert ask(name, f"/v{version}/images/json").json == []


@pytest.mark.parametrize(
    ("name", "server", "version", "newest"),
    [
        ("docker-1.11", "Docker/1.11.2 (linux)", "1.11.2", None),
        ("docker-20.10", "Docker/20.10.24 (linux)", "20.10.24", "1.41"),
        ("docker-28", "Docker/28.5.2 (linux)", "28.5.2", "1.51"),
        ("docker-29", "Docker/29.7.2 (linux)", "29.7.2", "1.56"),
        ("docker-28-containerd", "Docker/28.5.2 (linux)", "28.5.2", "1.51"),
        ("docker-29-containerd", "Docker/29.7.2 (linux)", "29.7.2", "1.56"),
        ("podman-4.3", "Libpod/4.3.1 (linux)", "4.3.1", "1.41"),
        ("podman-5.8", "Libpod/5.8.6 (linux)", "5.8.6", "1.44"),
    ],
)
def test_an_engine_identifies_itself(
    name: str, server: str, version: str, newest: str | None
) -> None:
    answer = ask(name, "/version")
    assert answer.headers["server"] == server
    assert answer.headers.get("api-version") == newest
    assert (answer.json["Version"], answer.json["ApiVersion"]) == (
        version,
        str(engines.find(name).newest),
    )
    info = ask(name, "/info").json
    assert info["ServerVersion"] == version
    assert info["ExperimentalBuild"] is name.startswith("podman")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("any", 400),
        ("docker-1.11", 200),
        ("docker-20.10", 200),
        ("docker-28", 200),
        ("docker-29", 200),
        ("podman-4.3", 500),
        ("podman-5.8", 500),
    ],
)
def test_an_archive_that_is_none_is_refused_as_the_engine_does(name: str, status: int) -> None:
    answer = ask(name, "/images/load", "POST", body=[b"hello"])
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    message = "the archive is neither an archive of `docker save` nor an OCI image layout"
    told = {"errorDetail": {"message": message}, "error": message}
    assert answer.json == (told if status == 200 else {"message": message})
    assert answer.body.endswith(b"}\r\n" if status == 200 else b"}\n")


def test_docker_1_11_does_not_answer_head_ping() -> None:
    assert ask("docker-1.11", "/_ping", "HEAD").status == 404
    assert ask("docker-20.10", "/_ping", "HEAD").status == 200


def test_error_statuses_depend_on_the_engine() -> None:
    malformed, unknown = "/images/json?filters={", '/images/json?filters={"x":["y"]}'
    statuses = {
        name: (ask(name, malformed).status, ask(name, unknown).status) for name in engines.ENGINES
    }
    assert statuses == {
        "any": (400, 400),
        "docker-1.11": (500, 500),
        "docker-20.10": (500, 400),
        "docker-28": (400, 400),
        "docker-28-containerd": (400, 400),
        "docker-29": (400, 400),
        "docker-29-containerd": (400, 400),
        "podman-4.3": (500, 500),
        "podman-5.8": (500, 500),
    }
    assert engines.DOCKER_1_11.status(FilterError("")) == 500
    assert engines.DOCKER_1_11.status(NotFoundError("")) == 404
    # moby v20.10.24 daemon/images/image_tag.go does not say what kind of error it is.
    assert engines.DOCKER_20_10.status(NewNameError("")) == 500
    assert engines.DOCKER_28.status(NewNameError("")) == 400


def test_the_default_engine_follows_the_rules_of_each_version() -> None:
    for version in ("1.12", "1.23", "1.24", "1.41", "1.42", "1.51", "1.56"):
        found = ApiVersion(version)
        assert engines.ANY.rules_at(found) is rules.at(found)


def test_docker_28_omits_the_virtual_size_of_empty_images_below_1_43(make_image: Any) -> None:
    store = Images()
    store.now = (make_image(1, size=0, virtual_size=0), make_image(2))
    app = create_app(store, engine=engines.DOCKER_28)
    listed = json.loads(asyncio.run(asgi.ask(app, "/v1.42/images/json")).body)
    assert ["VirtualSize" in image for image in listed] == [True, False]


@pytest.mark.parametrize("name", ["podman-4.3", "podman-5.8"])
def test_podman_departs_from_docker(name: str) -> None:
    assert ask(name, "/v1.41/images/json?digests=1").body == b""
    assert ask(name, "/v1.99/images/json").json == ask(name, "/v1.12/images/json").json == []
    assert ask(name, "/v1.41/images/json?filters=").status == 500


def test_docker_29_has_no_filter_parameter() -> None:
    assert engines.DOCKER_29.documented(ApiVersion("1.40")) == "1.41"
    assert engines.DOCKER_28.documented(ApiVersion("1.40")) == "1.25"


def test_the_version_range_can_be_changed() -> None:
    engine = engines.DOCKER_29.within("1.24", "1.50")
    assert (str(engine.oldest), str(engine.newest)) == ("1.24", "1.50")
    app = create_app(Images(), engine=engine)
    assert asyncio.run(asgi.ask(app, "/_ping")).headers["api-version"] == "1.50"
    same = engines.DOCKER_29.within(None, None)
    assert (same.oldest, same.newest) == (engines.DOCKER_29.oldest, engines.DOCKER_29.newest)


@pytest.mark.parametrize(
    ("oldest", "newest", "words"),
    [
        ("1.50", "1.40", "no API version is between 1.50 and 1.40"),
        (
            "1.57",
            None,
            "'1.57' is not an API version of musterd; write one from 1.12 to 1.56",
        ),
        (None, "new", "'new' is not an API version of musterd"),
    ],
)
def test_an_invalid_version_range_is_refused(
    oldest: str | None, newest: str | None, words: str
) -> None:
    with pytest.raises(ServeError, match=words):
        engines.ANY.within(oldest, newest)


def test_an_unknown_engine_is_refused_with_the_available_ones() -> None:
    with pytest.raises(ServeError, match=r"^there is no engine 'dockr', only any, docker-1.11, "):
        engines.find("dockr")
