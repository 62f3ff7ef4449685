"""The operations of all documents, each built on its first request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from musterd.api.middleware import documents
from musterd.api.middleware.documents import Documents
from musterd.contract.versions import ApiVersion


class Built:
    """Builds an application for a version, which sends that version."""

    def __init__(self) -> None:
        self.versions: list[str] = []

    def __call__(self, version: str) -> Any:
        self.versions.append(version)

        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            await send(version)

        return app


@asynccontextmanager
async def no_lifespan(_app: object) -> AsyncIterator[None]:
    yield


def ask(app: Documents, *versions: str) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        for version in versions:
            context = {"version": ApiVersion(version)}
            scope = {"type": "http", "extensions": {"connexion_context": context}}
            await app(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(run())
    return sent


def test_a_document_is_built_on_its_first_request() -> None:
    build = Built()
    app = Documents(build, no_lifespan)
    assert build.versions == []
    assert ask(app, "1.24", "1.23", "1.40", "1.24") == ["1.24", "1.23", "1.25", "1.24"]
    assert build.versions == ["1.24", "1.23", "1.25"]


@pytest.mark.parametrize("frozen", [0, 100])
def test_built_documents_are_frozen_if_the_server_freezes_objects(
    monkeypatch: pytest.MonkeyPatch, frozen: int
) -> None:
    times: list[str] = []
    monkeypatch.setattr(documents.gc, "get_freeze_count", lambda: frozen)
    monkeypatch.setattr(documents.gc, "freeze", lambda: times.append("frozen"))
    ask(Documents(Built(), no_lifespan), "1.24", "1.24")
    assert times == (["frozen"] if frozen else [])


def test_the_lifespan_surrounds_the_requests() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        seen.append("up")
        yield
        seen.append("down")

    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        seen.append(message["type"])

    app = Documents(Built(), lifespan)
    asyncio.run(app({"type": "lifespan", "app": app}, receive, send))
    assert seen == ["up", "lifespan.startup.complete", "down", "lifespan.shutdown.complete"]
