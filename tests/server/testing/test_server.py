import http.client
import json
import re
import socket
import tempfile
import unittest
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from musterd.app import Applications
from musterd.errors import FaultError, ListingError, SeedError, ServeError
from musterd.testing import Server

MANY = 13


# Building the application takes longer than most tests.
@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.start_over()
    return running


def get(server: Server, target: str, **options: Any) -> tuple[int, Any]:
    asked = urllib.request.Request(f"{server.url}{target}", **options)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def listed(server: Server) -> list[dict[str, Any]]:
    return get(server, "/v1.43/images/json?all=1")[1]


def test_the_sample_is_served_on_a_port_and_a_socket(server: Server) -> None:
    assert len(listed(server)) == MANY
    assert server.docker_host == server.url.replace("http://127.0.0.1", "tcp://127.0.0.1")
    with closing(http.client.HTTPConnection("localhost")) as connection:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(server.socket))
        connection.request("GET", "/images/json?all=1")
        assert len(json.loads(connection.getresponse().read())) == MANY


def test_images_are_added_in_one_call(server: Server) -> None:
    server.clear()
    base = server.add("base:1", size="5MB", created=date(2024, 1, 1))
    child = server.add("app:1", labels={"a": "b"}, parent="base:1", digest=True)
    found = {image["Id"]: image for image in listed(server)}
    assert found.keys() == {base, child}
    assert found[child]["RepoTags"] == ["app:1"]
    assert (found[child]["ParentId"], found[child]["Labels"]) == (base, {"a": "b"})
    assert (found[base]["Size"], found[base]["Created"]) == (5_000_000, 1704067200)
    with pytest.raises(SeedError, match="is not a size"):
        server.add("x", size="x")


@pytest.mark.parametrize(("engine", "shown"), [("docker-29", 0), ("docker-29-containerd", 2)])
def test_an_image_for_several_platforms_is_as_its_engine_shows_it(
    server: Server, engine: str, shown: int
) -> None:
    server.clear()
    server.imitate(engine)
    added = server.add("app:1", "app:2", platforms=["linux/amd64", "linux/arm64"])
    [image] = get(server, "/v1.48/images/json?manifests=1")[1]
    assert (image["Id"], image["RepoTags"]) == (added, ["app:1", "app:2"])
    assert len(image.get("Manifests", ())) == shown
    assert get(server, f"/v1.48/images/{added}/json")[1]["Architecture"] == "amd64"


def pull(server: Server, name: str) -> tuple[int, str]:
    target = f"{server.url}/images/create?fromImage={name}"
    try:
        with urllib.request.urlopen(target, b"", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_images_can_be_pulled(server: Server, tmp_path: Path) -> None:
    server.clear()
    image = server.add("app:2", pullable=True)
    assert listed(server) == []
    status, told = pull(server, "app:2")
    assert status == 200
    assert "Status: Downloaded newer image for app:2" in told
    assert [each["Id"] for each in listed(server)] == [image]
    assert server.requests[-2].problems == ()
    server.reset()
    assert pull(server, "app:2")[0] == 403
    seed = tmp_path / "seed.yaml"
    seed.write_text("images: [{name: app:1}, {name: app:2, pullable: true}]")
    server.start_over(seed)
    server.import_file(seed)
    assert pull(server, "app:3")[0] == 404
    assert pull(server, "app:2")[0] == 200
    assert len(server.export()) == 2


def test_a_search_finds_what_can_be_pulled(server: Server) -> None:
    def found(term: str) -> list[str]:
        status, results = get(server, f"/images/search?term={term}")
        assert status == 200
        return [each["name"] for each in results]

    server.reset()
    server.add("app:1", "app:2", pullable=True)
    server.add("team/app:1", pullable=True)
    server.add("local/app:1")
    assert found("app") == ["app", "team/app"]
    server.reset()
    assert found("app") == []


def test_only_a_registry_can_be_named() -> None:
    with pytest.raises(ServeError, match="'a b' is no registry"):
        Server(registries=["a b"])


def test_the_server_starts_with_the_given_images(
    server: Server, data: Path, tmp_path: Path
) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("images: [{name: app:1}]")
    for images, count in (([], 0), (seed, 1), (str(data / "seed.json"), 3), (None, MANY)):
        server.start_over(images)
        server.add("other:1")
        server.reset()
        assert len(server.export()) == count
    with pytest.raises(ListingError):
        server.start_over([{"Id": "x"}])


def test_a_stopped_server_has_a_catalogue() -> None:
    server = Server(images=[{"Id": "a" * 64, "Created": 1, "Size": 1}], grease=1)
    assert len(server.export()) == 1
    server.stop()
    server.stop()


def test_every_request_is_recorded(server: Server) -> None:
    get(server, "/v1.43/images/json?al=1", headers={"User-Agent": "mine", "Authorization": "x"})
    get(server, "/v1.43/images/nosuch/json")
    first, second = server.requests
    assert (first.method, first.target) == ("GET", "/v1.43/images/json?al=1")
    assert (first.path, first.api_version, first.query) == ("/images/json", "1.43", {"al": ["1"]})
    assert first.headers["user-agent"] == "mine"
    assert first.headers["authorization"] == "(hidden)"
    assert (first.status, second.status) == (200, 404)
    assert first.duration is not None
    assert second.problems == ()
    with pytest.raises(AssertionError) as failed:
        server.assert_no_problems()
    assert str(failed.value) == (
        "requests depart from the contract:\n"
        "GET /v1.43/images/json?al=1: 200\n"
        "  unknown parameter 'al'; image_list of v1.43 has: all, digests, filters, shared-size"
    )
    server.reset()
    assert server.requests == ()
    server.assert_no_problems()


def test_a_request_without_a_host_is_recorded(server: Server) -> None:
    with closing(http.client.HTTPConnection(server.url.removeprefix("http://"))) as connection:
        connection.putrequest("GET", "/_ping", skip_host=True)
        connection.endheaders()
        assert connection.getresponse().status == 400
    (request,) = server.requests
    assert (request.target, request.status) == ("/_ping", 400)
    assert request.problems == ("the header Host is missing, which HTTP/1.1 demands",)


def test_requests_fail_on_demand(server: Server) -> None:
    server.respond(status=503, times=2, path="/images/json", headers={"Retry-After": "1"})
    assert [get(server, "/images/json")[0] for _ in range(3)] == [503, 503, 200]
    assert [request.status for request in server.requests] == [503, 503, 200]
    server.respond(status=500, message="no", delay="1ms")
    assert get(server, "/v1.23/_ping") == (500, "no\n")
    server.reset()
    assert get(server, "/images/json")[0] == 200
    with pytest.raises(FaultError):
        server.respond()


def test_a_response_is_cut(server: Server) -> None:
    server.respond(cut_after=100)
    with pytest.raises(http.client.IncompleteRead) as cut:
        get(server, "/images/json")
    assert len(cut.value.partial) == 100


def test_a_connection_is_reset(server: Server) -> None:
    server.respond(reset=True)
    with pytest.raises(ConnectionResetError):
        get(server, "/images/json")


def test_a_hanging_request_is_never_answered(server: Server) -> None:
    server.respond(hang=True)
    with closing(http.client.HTTPConnection(server.url.removeprefix("http://"))) as connection:
        connection.request("GET", "/_ping")
        connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.getresponse()
    server.reset()
    assert server.requests == ()


def test_grease_is_served_on_demand(server: Server) -> None:
    plain = listed(server)
    server.start_over(grease=3)
    assert listed(server) != plain
    server.start_over()
    assert listed(server) == plain


def newest(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/version", timeout=60) as answer:
        return json.load(answer)["ApiVersion"]


def test_the_engine_changes_until_a_reset(server: Server) -> None:
    assert newest(server.url) == "1.56"
    server.imitate("docker-28", api_max="1.44")
    assert newest(server.url) == "1.44"
    assert get(server, "/v1.51/images/json")[0] == 400
    server.reset()
    assert newest(server.url) == "1.56"
    server.start_over(engine="podman-4.3")
    server.imitate("docker-1.11")
    server.reset()
    assert newest(server.url) == "1.41"


def test_departures_can_be_enabled(server: Server) -> None:
    normal = [image["Id"] for image in get(server, "/v1.43/images/json")[1]]
    server.imitate("any", departures=["LIST-ORDER", "list-digests"])
    assert [image["Id"] for image in get(server, "/v1.43/images/json")[1]] == normal[::-1]
    with urllib.request.urlopen(f"{server.url}/v1.43/images/json?digests=1") as answer:
        assert answer.read() == b""
    server.start_over(departures="LIST-ORDER")
    assert [image["Id"] for image in get(server, "/v1.43/images/json")[1]] == normal[::-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": "docker"}, "there is no engine 'docker', only any, docker-1.11, docker-20.10"),
        ({"departures": ["X"]}, "there is no departure 'X', only LIST-ANSWER, LIST-SCHEMA"),
        ({"api_min": "2"}, "'2' is not an API version of musterd; write one from 1.12 to"),
    ],
)
def test_an_unknown_engine_is_reported_with_the_known_engines(
    server: Server, arguments: Any, message: str
) -> None:
    server.clear()
    begins = re.escape(message)
    with pytest.raises(ServeError, match=f"^{begins}"):
        server.start_over(**arguments)
    with pytest.raises(ServeError, match=f"^{begins}"):
        server.imitate(**{"engine": "any", **arguments})
    with pytest.raises(ServeError, match=f"^{begins}"):
        server.serve_as(**{"engine": "any", **arguments})
    with pytest.raises(ServeError, match=f"^{begins}"):
        Server(**arguments)
    assert listed(server) == []


def test_several_engines_serve_one_catalogue(server: Server) -> None:
    podman = server.serve_as("podman-5.8")
    docker = server.serve_as("docker-28", departures=["LIST-ORDER"], api_max="1.44")
    server.imitate("docker-20.10")
    assert [newest(each.url) for each in (server, podman, docker)] == ["1.41", "1.44", "1.44"]
    server.clear()
    added = server.add("app:1")
    for each in (server, podman, docker):
        with urllib.request.urlopen(f"{each.url}/v1.40/images/json") as answer:
            assert [image["Id"] for image in json.load(answer)] == [added]
    assert [request.path for request in server.requests].count("/images/json") == 3
    server.respond(status=503)
    with pytest.raises(urllib.error.HTTPError, match="503") as failed:
        urllib.request.urlopen(f"{podman.url}/_ping")
    failed.value.close()
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.connect(str(podman.socket))


def test_additional_engines_stop_with_the_server() -> None:
    with Server(images=[]) as server:
        podman = server.serve_as("podman-5.8")
        assert podman.docker_host == podman.url.replace("http://", "tcp://")
        assert podman.socket.exists()
    assert not podman.socket.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(podman.url)


def test_other_paths_of_docker_are_refused_with_the_reason(server: Server) -> None:
    assert get(server, "/v1.43/containers/create", data=b"{}") == (
        501,
        '{"message":"musterd serves images, not containers: POST /containers/create"}\n',
    )


class InUnittest(unittest.TestCase):
    """A user's test without pytest."""

    # pytest would run it too.
    __test__ = False
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = cls.enterClassContext(Server(images=[]))

    def test_the_list_is_empty(self) -> None:
        self.assertEqual(listed(self.server), [])  # noqa: PT009  # as unittest does it


def test_the_server_works_with_unittest() -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(InUnittest).run(result)
    assert result.testsRun == 1
    assert result.wasSuccessful()
    assert not InUnittest.server.socket.exists()


def test_a_server_that_fails_to_start_reports_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("worn")

    monkeypatch.setattr(Applications, "imitating", lambda *_: broken)
    server = Server(images=[])
    with pytest.raises(ServeError, match=r"^musterd does not start: the application failed"):
        server.start()
    assert list(tmp_path.iterdir()) == []
    server.stop()
