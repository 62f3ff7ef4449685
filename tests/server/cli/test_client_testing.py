"""The options of `musterd serve` that help to test clients."""

import asyncio
import http.client
import io
import json
from collections.abc import Callable
from contextlib import closing, contextmanager
from typing import Any

import click
import pytest
from click.testing import CliRunner

from musterd.access.credentials import CredentialFile
from musterd.cli import client_testing, main
from musterd.cli.client_testing import ClientTesting, ClientTestingOptions
from musterd.errors import AddressError, ServeError
from musterd.faults.grease import Grease
from musterd.http import server
from musterd.http.refusals import Refusal
from musterd.recording.access_log import AccessLog
from musterd.recording.recorder import RequestRecorder
from musterd.settings import ServerSettings
from tests.server.support import asgi

REFUSAL = Refusal(method="", target=b"", http_version="", headers=(), status="400 Bad Request")
Start = Callable[..., Any]


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """List no images."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"[]"})


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Provide the application, and what is called with refused requests, for some options."""

    @contextmanager
    def start(*arguments: str) -> Any:
        found: list[Any] = []

        def run_one(application: Any, *_: Any, refused: Any, **__: Any) -> None:
            found.extend((application, refused))

        monkeypatch.setattr("musterd.app.create_app", lambda *_, **__: app)
        monkeypatch.setattr(server, "serve_with_workers", run_one)
        CliRunner().invoke(main.commands, ["serve", *arguments], catch_exceptions=False)
        with found[0]() as served:
            yield served, found[1]

    return start


def test_without_them_the_application_is_as_it_is(start: Start) -> None:
    with start("--sample") as (served, refused):
        assert served is app
        assert refused is None


def test_an_access_log_has_a_line_for_each_request(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(client_testing, "AccessLog", lambda _, form: AccessLog(log, form))
    with start("--sample", "--access-log", "text") as (served, refused):
        asyncio.run(asgi.ask(served, "/_ping", headers={"Host": "x"}))
        refused(REFUSAL)
    first, second = log.getvalue().splitlines()
    assert first.startswith("GET /_ping 200 ")
    assert second.startswith("- - 400 ")


def test_grease_is_served(start: Start) -> None:
    with start("--sample", "--grease", "7") as (served, _):
        assert isinstance(served, Grease)
        assert asyncio.run(asgi.ask(served, "/images/json")).json == []


def control(address: str, method: str, path: str, body: Any = None) -> Any:
    host = address.removeprefix("tcp://")
    with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
        connection.request(method, f"/_muster/{path}", json.dumps(body))
        return connection.getresponse().read()


@pytest.mark.parametrize("images", ["--sample", "--db=sqlite://"])
def test_tests_control_the_server(
    start: Start, images: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with start(images, "--control", "tcp://127.0.0.1:0") as (served, refused):
        line = capsys.readouterr().out
        assert line.startswith("musterd: control on tcp://127.0.0.1:")
        address = line.removeprefix("musterd: control on ").strip()
        assert isinstance(served, RequestRecorder)
        asyncio.run(asgi.ask(served, "/_ping", headers={"Host": "x"}))
        refused(REFUSAL)
        shown = json.loads(control(address, "GET", "requests"))["requests"]
        assert [request["status"] for request in shown] == [200, 400]
        control(address, "POST", "faults", {"status": 503})
        assert asyncio.run(asgi.ask(served, "/_ping")).status == 503
        control(address, "POST", "reset")
        assert asyncio.run(asgi.ask(served, "/_ping")).status == 200
    with pytest.raises(OSError, match="refused"):
        control(address, "GET", "requests")


def options(address: str) -> ClientTestingOptions:
    return ClientTestingOptions(access_log=None, grease=None, control=address)


def test_it_is_for_one_process_on_this_machine_without_signatures(tmp_path: Any) -> None:
    local, settings = options("tcp://127.0.0.1:0"), ServerSettings()
    with pytest.raises(click.UsageError, match="leave out --workers"):
        ClientTesting(local, settings, 2)
    signed = ServerSettings(credentials=CredentialFile(tmp_path / "x"))
    with pytest.raises(click.UsageError, match="asks for no signatures"):
        ClientTesting(local, signed, 1)
    with pytest.raises(ServeError, match=r"others can reach tcp://0\.0\.0\.0:1"):
        ClientTesting(options("tcp://0.0.0.0:1"), settings, 1)
    with pytest.raises(AddressError):
        ClientTesting(options("http://x"), settings, 1)


def test_a_search_finds_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []

    def run_one(application: Any, *_: Any, **__: Any) -> None:
        with application() as served:
            found.append(asyncio.run(asgi.ask(served, "/images/search?term=b")).json)

    monkeypatch.setattr(server, "serve_with_workers", run_one)
    names = ("--search-result", "busybox", "--search-result", "alpine")
    CliRunner().invoke(main.commands, ["serve", "--sample", *names], catch_exceptions=False)
    assert [each["name"] for each in found[0]] == ["busybox"]
