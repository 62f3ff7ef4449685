import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musterd.errors import ListingError, ServeError
from musterd.testing import ServerProcess, process, serving


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def server(running: ServerProcess) -> ServerProcess:
    running.reset()
    return running


def ids(server: ServerProcess) -> set[str]:
    with urllib.request.urlopen(f"{server.url}/images/json?all=1") as answer:
        return {image["Id"] for image in json.load(answer)}


def image(letter: str, **rest: Any) -> dict[str, Any]:
    return {"Id": letter * 64, "Created": 1, "Size": 1, **rest}


def test_the_sample_is_served_until_it_is_cleared(server: ServerProcess) -> None:
    assert len(ids(server)) > 5
    server.clear()
    assert ids(server) == set()
    server.reset()
    assert ids(server) == {image["Id"] for image in server.export()}


def test_a_listing_is_added(server: ServerProcess) -> None:
    server.clear()
    server.import_listing([image("a", RepoTags=["x:1"]), image("b")])
    server.import_listing([image("c", RepoTags=["x:1"])])
    assert ids(server) == {"a" * 64, "b" * 64, "c" * 64}
    tags = {image["Id"][0]: image["RepoTags"] for image in server.export()}
    assert tags["c"] == ["x:1"]
    assert tags["a"] != ["x:1"]


def test_an_invalid_listing_changes_nothing(server: ServerProcess) -> None:
    before = server.export()
    with pytest.raises(ListingError, match=r'^the listing: image 2: "Created" is missing$'):
        server.import_listing([image("a"), {"Id": "b" * 64}])
    assert server.export() == before


def test_a_file_is_added(server: ServerProcess, data: Path) -> None:
    server.clear()
    server.import_file(data / "fixtures.tar.xz")
    assert len(ids(server)) == 20


def test_add_creates_an_image(server: ServerProcess) -> None:
    server.clear()
    added = server.add("app:1")
    assert ids(server) == {added}


def test_an_export_can_be_imported_again(server: ServerProcess) -> None:
    exported = server.export()
    server.clear()
    server.import_listing(exported)
    assert server.export() == exported


def test_the_address_has_a_url_and_a_docker_host_form(server: ServerProcess) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    assert server.docker_host == server.url.replace("http", "tcp")


def test_it_is_the_engine_that_a_test_asks_for(tmp_path: Path) -> None:
    with serving(tmp_path, engine="docker-28", departures=["LIST-DIGESTS"]) as server:
        with urllib.request.urlopen(f"{server.url}/version") as answer:
            assert json.load(answer)["ApiVersion"] == "1.51"
        with urllib.request.urlopen(f"{server.url}/images/json?digests=1") as answer:
            assert answer.read() == b""


def test_it_knows_the_id_that_its_engine_shows(tmp_path: Path) -> None:
    with serving(tmp_path, engine="docker-29-containerd") as server:
        server.clear()
        added = server.add("app:1", platforms=["linux/amd64", "linux/arm64"])
        assert ids(server) == {added}


def test_an_engine_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with (
        pytest.raises(ServeError, match=r"there is no engine 'docker', only any, docker-1\.11,"),
        serving(tmp_path, engine="docker"),
    ):
        pass


def test_a_server_that_fails_to_start_reports_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command of a musterd that is broken.
    monkeypatch.setattr(process, "_COMMAND", (*process._COMMAND[:3], "raise SystemExit('worn')"))  # noqa: SLF001
    with pytest.raises(ServeError, match=r"^musterd does not start: worn$"), serving(tmp_path):
        pass
