import http.client
from contextlib import closing
from pathlib import Path
from typing import Any

from musterd.http.background import BackgroundServer
from musterd.http.by_listener import ByListener
from musterd.http.sockets import TcpAddress, UnixAddress


class Named:
    """Answers every request with a name, and counts lifespans."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.lifespans = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self.lifespans += 1
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.name})


def get(address: Any) -> bytes:
    with closing(http.client.HTTPConnection(str(address).removeprefix("tcp://"))) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()


def test_each_address_has_its_own_application_even_on_free_ports(tmp_path: Path) -> None:
    apps = [Named(b"first"), Named(b"second"), Named(b"third")]
    free = TcpAddress("127.0.0.1", 0)
    running = BackgroundServer.start(
        ByListener(apps), [free, UnixAddress(tmp_path / "socket"), free]
    )
    try:
        first, _, third = running.addresses
        assert [get(first), get(third), get(first)] == [b"first", b"third", b"first"]
    finally:
        running.stop()
    assert [app.lifespans for app in apps] == [1, 0, 0]
