"""Find out a catalogue's current revision for each request, mostly without a database query.

`ImageStore.change_token` tells in a few microseconds whether there was a write since the last
check; only then is the account's revision read. If there is no token, the revision is read each
time, but once for all requests that are waiting for it.

All requests that arrived before a check share it, and no request that arrived later does.
"""

import asyncio
from collections.abc import Hashable
from typing import Protocol, Self

from starlette.concurrency import run_in_threadpool


class RevisionSource(Protocol):
    """The methods of `musterd.storage.store.ImageStore` that are needed here."""

    def change_token(self) -> Hashable | None:
        """Return a token that changes with every write, or None if there is no cheap one."""
        ...

    def revision(self) -> int:
        """Return the number of the latest write."""
        ...

    def of(self, account: str) -> Self:
        """Return the store of another account."""
        ...


class Revisions:
    """The revisions of all accounts, for use in one event loop."""

    def __init__(self, store: RevisionSource) -> None:
        """Read the revisions from *store*."""
        self._store = store
        self._known: dict[str, tuple[Hashable, int]] = {}
        # The latest token, until a request may arrive that must not share it.
        self._token: Hashable | None = None
        self._waiting: dict[str, asyncio.Task[int]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def known(self, account: str) -> int | None:
        """Return the current revision of an account's catalogue, if known without a query."""
        token = self._look()
        known = self._known.get(account)
        if token is None or known is None or known[0] != token:
            return None
        return known[1]

    async def now(self, account: str) -> int:
        """Return a revision that the catalogue has had since this call.

        Raises:
            DatabaseError: The database cannot be read.
        """
        known = self.known(account)
        if known is not None:
            return known
        # Take the token first: a write in between then causes an extra read instead of a missed
        # one.
        token = self._look()
        revision = await self._shared(account)
        self._known[account] = (token, revision)
        return revision

    def _look(self) -> Hashable | None:
        if self._token is None:
            self._token = self._store.change_token()
            # Requests that are due already are handled before this callback, and share the token.
            asyncio.get_running_loop().call_soon(self._forget_token)
        return self._token

    def _forget_token(self) -> None:
        self._token = None

    async def _shared(self, account: str) -> int:
        """Wait for a read that starts after this call; concurrent calls share it."""
        task = self._waiting.get(account)
        if task is None:
            task = asyncio.create_task(self._read_next(account))
            self._waiting[account] = task
        # Cancelling one waiter must not cancel the read for the others.
        return await asyncio.shield(task)

    async def _read_next(self, account: str) -> int:
        async with self._locks.setdefault(account, asyncio.Lock()):
            # Requests from now on may follow a write that this read misses.
            del self._waiting[account]
            return await run_in_threadpool(self._store.of(account).revision)
