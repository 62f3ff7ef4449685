import asyncio
from typing import Any

from starlette.responses import Response

import muster_openapi
from musterd import __version__
from musterd.api.middleware.headers import ServerHeaders
from tests.server.support import asgi


def test_every_response_names_the_server_and_its_version() -> None:
    answer = asyncio.run(asgi.ask(ServerHeaders(Response("x", headers={"a": "b"})), "/"))
    assert answer.headers["api-version"] == muster_openapi.NEWEST
    assert answer.headers["server"].startswith(f"Muster/{__version__} (")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["a"] == "b"


def test_a_repeated_response_does_not_accumulate_headers() -> None:
    headers: list[tuple[bytes, bytes]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    for _ in range(2):
        asyncio.run(asgi.ask(ServerHeaders(app), "/"))
    assert headers == []


def test_lifespan_messages_pass_through() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(ServerHeaders(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
