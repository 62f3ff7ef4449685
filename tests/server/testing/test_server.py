import http.client
import json
import socket
import unittest
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from musterd.errors import FaultError, ListingError, SeedError, ServeError
from musterd.testing import Server, application

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


def test_it_serves_the_sample_on_a_port_and_a_socket(server: Server) -> None:
    assert len(listed(server)) == MANY
    assert server.docker_host == server.url.replace("http://127.0.0.1", "tcp://127.0.0.1")
    with closing(http.client.HTTPConnection("localhost")) as connection:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(server.socket))
        connection.request("GET", "/images/json?all=1")
        assert len(json.loads(connection.getresponse().read())) == MANY


def test_images_are_added_in_a_line(server: Server) -> None:
    server.clear()
    base = server.add("base:1", size="5MB", created=date(2024, 1, 1))
    child = server.add("app:1", labels={"a": "b"}, parent="base:1", digest=True)
    found = {image["Id"]: image for image in listed(server)}
    assert found.keys() == {base, child}
    assert found[child]["RepoTags"] == ["app:1"]
    assert (found[child]["ParentId"], found[child]["Labels"]) == (base, {"a": "b"})
    assert (found[base]["Size"], found[base]["Created"]) == (5_000_000, 1704067200)
    with pytest.raises(SeedError, match="is no size"):
        server.add("x", size="x")


def test_it_starts_with_what_it_is_given(server: Server, data: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("images: [{name: app:1}]")
    for images, count in (([], 0), (seed, 1), (str(data / "seed.json"), 3), (None, MANY)):
        server.start_over(images)
        server.add("other:1")
        server.reset()
        assert len(server.export()) == count
    with pytest.raises(ListingError):
        server.start_over([{"Id": "x"}])


def test_what_is_not_started_has_a_catalogue() -> None:
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


def test_a_client_that_waits_is_never_answered(server: Server) -> None:
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

    def test_there_are_none(self) -> None:
        self.assertEqual(listed(self.server), [])  # noqa: PT009  # as unittest does it


def test_unittest_can_use_it() -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(InUnittest).run(result)
    assert result.testsRun == 1
    assert result.wasSuccessful()
    assert not InUnittest.server.socket.exists()


def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("worn")

    monkeypatch.setattr(application, "create_app", lambda _, **_options: broken)
    server = Server(images=[])
    with pytest.raises(ServeError, match=r"^musterd does not start: the application failed"):
        server.start()
    assert not server.socket.parent.exists()
    server.stop()
