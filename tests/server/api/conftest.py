"""An application for the tests of a module, as it takes long to build."""

from collections.abc import Callable
from typing import Any

import pytest

from musterd.app import create_app
from musterd.storage.store import ImageStore

Ask = Callable[..., Any]


class Current:
    """The store of the test at hand."""

    store: ImageStore

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.fixture(scope="module")
def current() -> Current:
    return Current()


@pytest.fixture(scope="module")
def shared_app(current: Any) -> Any:
    """Build the application of a module, which answers from the store of each test."""
    return create_app(current)


@pytest.fixture
def ask_shared(shared_app: Any, current: Current, store: ImageStore, ask_app: Ask) -> Ask:
    """Ask the application of this module, which answers from `store`."""
    current.store = store
    return lambda *args, **options: ask_app(shared_app, *args, **options)
