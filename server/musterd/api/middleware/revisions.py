"""Knowing for every request which revision a catalogue has, without asking the database for it.

A store tells with `ImageStore.change_token`, in some microseconds, whether anybody wrote since the
last look; only then is the account's revision read. Where it has no such means, the row is read
each time, but once for all requests that wait for it.

All requests that came in before a look share it, and none that came in after it.
"""

import asyncio
from collections.abc import Hashable
from typing import Protocol, Self

from starlette.concurrency import run_in_threadpool


class RevisionSource(Protocol):
    """What there must be of a store: see `musterd.storage.store.ImageStore`."""

    def change_token(self) -> Hashable | None:
        """Return what is another one after each write by anybody, in microseconds; else None."""
        ...

    def revision(self) -> int:
        """Return the number of the newest write."""
        ...

    def of(self, account: str) -> Self:
        """Return the store of another account."""
        ...


class Revisions:
    """The accounts' revisions, for use in one event loop."""

    def __init__(self, store: RevisionSource) -> None:
        """Tell of the accounts that *store* has."""
        self._store = store
        self._known: dict[str, tuple[Hashable, int]] = {}
        # The newest look at the database, as long as nobody can have come after it.
        self._token: Hashable | None = None
        self._waiting: dict[str, asyncio.Task[int]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def known(self, account: str) -> int | None:
        """Return the revision that an account's catalogue has now, if no reading is needed."""
        token = self._look()
        known = self._known.get(account)
        if token is None or known is None or known[0] != token:
            return None
        return known[1]

    async def now(self, account: str) -> int:
        """Return the revision that an account's catalogue has now, or a later one.

        Raises:
            DatabaseError: The database cannot be read.
        """
        known = self.known(account)
        if known is not None:
            return known
        # Before the revision is read: a write between the two makes for one more reading at most.
        token = self._look()
        revision = await self._shared(account)
        self._known[account] = (token, revision)
        return revision

    def _look(self) -> Hashable | None:
        if self._token is None:
            self._token = self._store.change_token()
            # A request that comes in from now on is begun after whatever is due by now.
            asyncio.get_running_loop().call_soon(self._forget_token)
        return self._token

    def _forget_token(self) -> None:
        self._token = None

    async def _shared(self, account: str) -> int:
        """Wait for a reading that begins only now; all who do so meanwhile share the next one."""
        task = self._waiting.get(account)
        if task is None:
            task = asyncio.create_task(self._read_next(account))
            self._waiting[account] = task
        # One who goes away must not take the reading from the others.
        return await asyncio.shield(task)

    async def _read_next(self, account: str) -> int:
        async with self._locks.setdefault(account, asyncio.Lock()):
            # Whoever comes from now on may have seen a write that this reading misses.
            del self._waiting[account]
            return await run_in_threadpool(self._store.of(account).revision)
