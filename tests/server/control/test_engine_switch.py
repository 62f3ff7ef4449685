import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp

from musterd.control.engine_switch import EngineSwitch
from musterd.departures.imitation import Imitation
from musterd.errors import ServeError

PODMAN = Imitation(engine="podman-5.8")


class Built:
    """Records the engines that are built and the scopes they handle."""

    def __init__(self) -> None:
        self.engines: list[str] = []
        self.handled: list[tuple[str, str]] = []

    def build(self, imitation: Imitation) -> ASGIApp:
        name = imitation.engine
        if name == "nosuch":
            raise ServeError("there is no engine")
        self.engines.append(name)

        async def app(scope: Any, _receive: Any, _send: Any) -> None:
            self.handled.append((name, scope["type"]))

        return app


def handle(app: Any, kind: str) -> None:
    asyncio.run(app({"type": kind}, None, None))


def test_requests_use_the_current_engine_and_the_lifespan_the_first() -> None:
    built = Built()
    switch = EngineSwitch(built.build, Imitation())
    for imitation in (PODMAN, Imitation(), PODMAN):
        switch.imitate(imitation)
        assert switch.imitation == imitation
        handle(switch, "http")
    handle(switch, "lifespan")
    assert built.handled == [
        ("podman-5.8", "http"),
        ("any", "http"),
        ("podman-5.8", "http"),
        ("any", "lifespan"),
    ]
    assert built.engines == ["any", "podman-5.8"]


def test_an_unknown_engine_changes_nothing() -> None:
    built = Built()
    switch = EngineSwitch(built.build, PODMAN)
    with pytest.raises(ServeError):
        switch.imitate(Imitation(engine="nosuch"))
    assert switch.imitation == PODMAN
    handle(switch, "http")
    assert built.handled == [("podman-5.8", "http")]
