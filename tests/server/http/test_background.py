import gc
import http.client
import signal
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from musterd.errors import AddressError, ServeError
from musterd.http.background import BackgroundServer
from musterd.http.refusals import Refusal
from musterd.http.sockets import TcpAddress, UnixAddress

ANY = TcpAddress("127.0.0.1", 0)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the path; never, if that is /wait."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    if scope["path"] == "/wait":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def ask(address: Any, path: str) -> bytes:
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=60)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def test_the_server_runs_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    collection = gc.get_threshold(), gc.get_freeze_count()
    running = BackgroundServer.start(app, [ANY, UnixAddress(path)])
    assert ask(running.addresses[0], "/a") == b"/a"
    assert path.exists()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    assert (gc.get_threshold(), gc.get_freeze_count()) == collection
    running.stop()
    assert not path.exists()
    with pytest.raises(OSError, match="refused"):
        ask(running.addresses[0], "/a")
    running.stop()


def test_stopping_does_not_wait_for_clients() -> None:
    arrived = threading.Event()

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/wait":
            arrived.set()
        await app(scope, receive, send)

    running = BackgroundServer.start(noting, [ANY])
    address: Any = running.addresses[0]
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=60)) as waiting:
        waiting.request("GET", "/wait")
        assert arrived.wait(60)
        running.stop()
        with pytest.raises(OSError):  # noqa: PT011  # closed or reset
            waiting.getresponse()


def test_refused_requests_are_reported() -> None:
    told: list[Refusal] = []
    running = BackgroundServer.start(app, [ANY], told.append)
    address: Any = running.addresses[0]
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=60)) as client:
        client.putrequest("GET", "/x?y", skip_host=True, skip_accept_encoding=True)
        client.putheader("A", "b")
        client.endheaders()
        client.getresponse().read()
    running.stop()
    assert told == [
        Refusal(
            method="GET",
            target=b"/x?y",
            http_version="1.1",
            headers=((b"a", b"b"),),
            status="400 Bad Request: missing required Host header",
        )
    ]


def test_an_address_in_use_is_an_error() -> None:
    running = BackgroundServer.start(app, [ANY])
    threads = threading.active_count()
    with pytest.raises(AddressError, match="it is in use"):
        BackgroundServer.start(app, list(running.addresses))
    assert threading.active_count() == threads
    running.stop()


def test_an_application_that_fails_to_start_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("worn")

    with pytest.raises(ServeError, match=r"^musterd does not start: the application failed"):
        BackgroundServer.start(broken, [ANY])
    assert "worn" in caplog.text
