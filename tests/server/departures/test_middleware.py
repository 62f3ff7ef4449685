"""Departures with responses that are not listings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from musterd.app import create_app
from musterd.contract import engines
from musterd.departures import table
from musterd.departures.middleware import Departing
from musterd.images.image import Image
from musterd.storage.store import ImageStore
from tests.server.support import asgi

MakeImage = Callable[..., Image]
SOON = 10
DEPARTURES = table.named(engines.find("podman-5.8").departures)


class Endless:
    """Sends one event, and waits for the client to leave."""

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"event", "more_body": True})
        await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/events", "/v1.41/events"])
def test_an_endless_response_is_streamed(path: str) -> None:
    async def first_event() -> bytes:
        arrived: asyncio.Queue[bytes] = asyncio.Queue()

        async def send(message: Any) -> None:
            if body := message.get("body"):
                await arrived.put(body)

        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        receive: Callable[[], Awaitable[Any]] = asyncio.Event().wait
        asking = asyncio.create_task(
            Departing(Endless(), DEPARTURES)(
                {**scope, "query_string": b"", "headers": []}, receive, send
            )
        )
        try:
            async with asyncio.timeout(SOON):
                return await arrived.get()
        finally:
            asking.cancel()

    assert asyncio.run(first_event()) == b"event"


@pytest.mark.parametrize(
    "filters",
    ["[" * 100_000, '{"label":' * 20_000, "{", "null", "1e999", '{"label":5}', '{"label":{"a":1}}'],
    ids=lambda text: text[:12],
)
def test_malformed_filters_cause_no_internal_error(store: ImageStore, filters: str) -> None:
    app = create_app(store)
    for departure in table.DEPARTURES.values():
        asked = asgi.ask(Departing(app, [departure]), f"/v1.44/images/json?filters={filters}")
        answer = asyncio.run(asked)
        # The response depends on the departure, but is never an internal error.
        assert b"server's log" not in answer.body, departure.name
        assert answer.status in {200, 400, 500}, departure.name


def test_departures_leave_other_methods_alone(store: ImageStore) -> None:
    app = create_app(store)
    target = "/v1.41/images/missing/tag?repo=a&tag=b"
    plain = asyncio.run(asgi.ask(app, target, "POST"))
    assert plain.status == 404
    for departures in (DEPARTURES, table.find("LIST-ORDER")):
        assert asyncio.run(asgi.ask(Departing(app, departures), target, "POST")) == plain


def test_podman_changes_an_image_by_the_name_that_it_shows(
    store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1, tags=["app:1"]), make_image(2, tags=["localhost/own:1"])])
    app = Departing(create_app(store), DEPARTURES)

    def ask(method: str, path: str) -> int:
        return asyncio.run(asgi.ask(app, f"/v1.41/images/{path}", method)).status

    def names() -> list[str]:
        return sorted(tag.familiar for image in store.images() for tag in image.tags)

    assert ask("POST", "localhost/app:1/tag?repo=app&tag=2") == 201
    assert ask("POST", "localhost/own:1/tag?repo=own&tag=2") == 201
    assert names() == ["app:1", "app:2", "localhost/own:1", "own:2"]
    assert ask("DELETE", "localhost/app:1") == 200
    assert ask("DELETE", "localhost/own:1") == 200
    assert names() == ["app:2", "own:2"]
    assert ask("DELETE", "localhost/nosuch:1") == 404


def test_the_body_of_a_request_that_writes_is_left_to_it() -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        seen.append((scope["method"], scope["path"], message["body"]))
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    target = "/v1.41/images/localhost/a:1/tag"
    asyncio.run(asgi.ask(Departing(app, DEPARTURES), target, "POST", body=[b"x"]))
    assert seen == [
        ("GET", "/v1.41/images/localhost/a:1/json", b""),
        ("GET", "/v1.41/images/a:1/json", b""),
        ("POST", target, b"x"),
    ]
