"""Connections verify certificates, and follow neither redirects nor the environment."""

import asyncio

import pytest

from musterd.errors import RegistryError
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.connections import open_session
from musterd.registry.credentials import NONE


@pytest.mark.parametrize("text", ["127.0.0.1:1", "https://127.0.0.1:1"])
def test_a_registry_that_is_not_there(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    address = RegistryAddress.parse(text)

    async def run() -> None:
        session = open_session(Registries([address]), address, "team/app", NONE, "pull")
        try:
            await session.ask("GET", session.url("tags/list"))
        finally:
            await session.close()

    with pytest.raises(RegistryError, match=f'Get "{address.url}/v2/team/app/tags/list": '):
        asyncio.run(run())
