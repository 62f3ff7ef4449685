import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from musterd.api.middleware.revisions import Revisions
from musterd.errors import DatabaseError


class Store:
    """Counts its calls; `pulses` is whether it has change tokens."""

    def __init__(self, *, pulses: bool = True) -> None:
        self.pulses = pulses
        self.writes = {"default": 1}
        self.looks = 0
        self.readings = []
        self.account = "default"
        #: Called during a read, after the revision was determined.
        self.meanwhile: Callable[[], Any] = lambda: None

    def of(self, account: str) -> Any:
        return _Account(self, account)

    def change_token(self) -> Any:
        self.looks += 1
        return sum(self.writes.values()) if self.pulses else None


class _Account:
    def __init__(self, store: Store, account: str) -> None:
        self.store = store
        self.account = account

    def revision(self) -> int:
        self.store.readings.append(self.account)
        found = self.store.writes[self.account]
        self.store.meanwhile()
        return found


async def one_after_the_other(revisions: Revisions, count: int) -> list[int]:
    found = []
    for _ in range(count):
        found.append(await revisions.now("default"))
        # The next request is a later one, not a simultaneous one.
        await asyncio.sleep(0)
    return found


def test_the_revision_is_not_reread_without_a_write() -> None:
    store = Store()
    assert asyncio.run(one_after_the_other(Revisions(store), 3)) == [1, 1, 1]
    assert store.readings == ["default"]
    assert store.looks >= 3


def test_a_write_shows_in_the_next_lookup() -> None:
    store = Store()

    async def scenario() -> list[int]:
        revisions = Revisions(store)
        before = await one_after_the_other(revisions, 2)
        store.writes["default"] = 7
        return [*before, *await one_after_the_other(revisions, 2)]

    assert asyncio.run(scenario()) == [1, 1, 7, 7]
    assert len(store.readings) == 2


def test_without_a_change_token_the_revision_is_read_each_time() -> None:
    store = Store(pulses=False)
    revisions = Revisions(store)
    assert asyncio.run(one_after_the_other(revisions, 3)) == [1, 1, 1]
    assert len(store.readings) == 3
    assert asyncio.run(known(revisions)) is None


async def known(revisions: Revisions) -> int | None:
    return revisions.known("default")


def test_no_revision_is_cached_before_the_first_read_or_after_a_write() -> None:
    store = Store()

    async def scenario() -> list[int | None]:
        revisions = Revisions(store)
        found = [revisions.known("default")]
        await one_after_the_other(revisions, 1)
        found.append(revisions.known("default"))
        await asyncio.sleep(0)
        store.writes["default"] += 1
        return [*found, revisions.known("default")]

    assert asyncio.run(scenario()) == [None, 1, None]


def test_each_account_has_its_own_revision() -> None:
    store = Store()
    store.writes["acme"] = 5

    async def scenario() -> tuple[int, int]:
        revisions = Revisions(store)
        return await revisions.now("default"), await revisions.now("acme")

    assert asyncio.run(scenario()) == (1, 5)


def test_simultaneous_requests_share_a_lookup() -> None:
    store = Store()

    async def scenario() -> None:
        revisions = Revisions(store)
        await one_after_the_other(revisions, 1)
        store.looks = 0
        for _ in range(5):
            revisions.known("default")
        assert store.looks == 1
        await asyncio.sleep(0)
        revisions.known("default")
        assert store.looks == 2

    asyncio.run(scenario())


def test_a_later_request_makes_its_own_lookup() -> None:
    """It starts at the latest in a callback scheduled before the lookup is forgotten."""
    store = Store()

    async def scenario() -> int:
        revisions = Revisions(store)
        await one_after_the_other(revisions, 1)
        revisions.known("default")
        # Another client writes between the lookup and the next callback, and then reads.
        store.writes["default"] = 2
        return await asyncio.create_task(revisions.now("default"))

    assert asyncio.run(scenario()) == 2


def test_a_write_during_a_read_causes_another_read() -> None:
    store = Store()
    writes = iter([3])
    store.meanwhile = lambda: store.writes.update(default=next(writes, 3))
    assert asyncio.run(one_after_the_other(Revisions(store), 3)) == [1, 3, 3]
    assert len(store.readings) == 2


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # a thread sets no event of the loop
            await asyncio.sleep(0.001)


def test_waiting_requests_share_a_read_that_starts_after_they_arrive() -> None:
    store = Store(pulses=False)
    go_on = threading.Event()
    store.meanwhile = lambda: go_on.wait(30)

    async def scenario() -> list[int]:
        revisions = Revisions(store)
        first = asyncio.create_task(revisions.now("default"))
        await until(lambda: len(store.readings) == 1)
        # The read in progress has missed this write.
        store.writes["default"] = 2
        others = [asyncio.create_task(revisions.now("default")) for _ in range(5)]
        await asyncio.sleep(0)
        go_on.set()
        return [await each for each in (first, *others)]

    assert asyncio.run(scenario()) == [1, 2, 2, 2, 2, 2]
    assert len(store.readings) == 2


def test_a_cancelled_request_does_not_cancel_a_shared_read() -> None:
    store = Store(pulses=False)
    go_on = threading.Event()
    store.meanwhile = lambda: go_on.wait(30)

    async def scenario() -> int:
        revisions = Revisions(store)
        leaving = asyncio.create_task(revisions.now("default"))
        staying = asyncio.create_task(revisions.now("default"))
        await until(lambda: len(store.readings) == 1)
        leaving.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    assert asyncio.run(scenario()) == 1
    assert len(store.readings) == 1


def test_a_failed_read_is_raised_and_not_cached() -> None:
    store = Store()

    def fail() -> None:
        raise DatabaseError("gone")

    async def scenario() -> int:
        revisions = Revisions(store)
        store.meanwhile = fail
        with pytest.raises(DatabaseError, match=r"^gone$"):
            await revisions.now("default")
        store.meanwhile = lambda: None
        return await revisions.now("default")

    assert asyncio.run(scenario()) == 1
