"""Fixtures for pulling and pushing; each test module has its own `app` and `store`."""

from collections.abc import Callable
from typing import Any

import pytest

from musterd.storage.store import ImageStore
from tests.server.support.registries import FakeRegistry

Ask = Callable[..., Any]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    fake = FakeRegistry()
    fake.install(monkeypatch)
    return fake


@pytest.fixture
def send(ask_app: Ask, app: Any, store: ImageStore) -> Ask:
    assert store
    return lambda *arguments, **options: ask_app(app, *arguments, **options)
