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
from musterd.app import Applications
from musterd.cli import client_testing, main
from musterd.cli.client_testing import ClientTesting, ClientTestingOptions
from musterd.control.engine_switch import EngineSwitch
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


def prepared(*arguments: str) -> tuple[Any, Any]:
    """Return the application of `musterd serve` and its handler of refused requests."""
    found: list[Any] = []

    def run_one(application: Any, *_: Any, refused: Any, **__: Any) -> None:
        found.extend((application, refused))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "serve_with_workers", run_one)
        CliRunner().invoke(main.commands, ["serve", *arguments], catch_exceptions=False)
    application, refused = found
    return application, refused


@contextmanager
def serving(*arguments: str) -> Any:
    """Provide the application for some options."""
    application, _ = prepared(*arguments)
    with application() as served:
        yield served


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Provide an application without images and its handler of refused requests."""

    @contextmanager
    def start(*arguments: str) -> Any:
        monkeypatch.setattr(Applications, "imitating", lambda *_: app)
        application, refused = prepared(*arguments)
        with application() as served:
            yield served, refused

    return start


def test_without_options_the_application_is_unchanged(start: Start) -> None:
    with start("--sample") as (served, refused):
        assert isinstance(served, EngineSwitch)
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
def test_the_control_api_is_served(
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


def test_the_control_api_changes_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    with serving("--sample", "--engine", "docker-28", "--control", "tcp://127.0.0.1:0") as served:
        address = capsys.readouterr().out.removeprefix("musterd: control on ").strip()

        def newest() -> Any:
            return asyncio.run(asgi.ask(served, "/version")).json["ApiVersion"]

        assert newest() == "1.51"
        control(address, "PUT", "engine", {"engine": "docker-20.10"})
        assert newest() == "1.41"
        control(address, "POST", "reset")
        assert newest() == "1.51"


def options(address: str) -> ClientTestingOptions:
    return ClientTestingOptions(access_log=None, grease=None, control=address)


def test_control_needs_one_local_process_without_credentials(tmp_path: Any) -> None:
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


def test_a_search_finds_the_configured_names() -> None:
    names = ("--search-result", "busybox", "--search-result", "alpine")
    with serving("--sample", *names) as served:
        found = asyncio.run(asgi.ask(served, "/images/search?term=b")).json
    assert [each["name"] for each in found] == ["busybox"]
