"""The response to ``GET /events``: events as they happen.

The contract's rules `events.*`; moby v20.10.24
``api/server/router/system/system_routes.go:getEvents``. Events are in the catalogue, so that a
client follows those of all processes that share it. While a client waits, the revision of the
catalogue tells whether there can be new ones.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from musterd.api.disconnect import unless_disconnected
from musterd.api.events.filters import SCOPE, TYPE, EventConditions
from musterd.contract.rules import Rules
from musterd.http.protocol import STOPPING
from musterd.images.dates import NANOSECONDS
from musterd.images.event import Event
from musterd.storage.store import ImageStore

# Seconds between two looks at the revision.
_PAUSE = 0.1


class EventStream(Response):
    """A response that goes on until its end, or until the client leaves or the server stops."""

    def __init__(
        self,
        store: ImageStore,
        revision: Callable[[], Awaitable[int]],
        conditions: EventConditions,
        rules: Rules,
        past: list[tuple[int, Event]],
    ) -> None:
        """Create the response.

        Args:
            store: The account's images and events.
            revision: Returns the current revision of the store.
            conditions: Which events to send.
            rules: The rules of the request's API version.
            past: The events so far, with their numbers.
        """
        super().__init__(media_type="application/json")
        del self.headers["Content-Length"]
        self._store = store
        self._revision = revision
        self._conditions = conditions
        self._rules = rules
        self._past = past
        self._stopping: Callable[[], bool] = lambda: False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        self._stopping = scope.get("extensions", {}).get(STOPPING, self._stopping)
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        try:
            await unless_disconnected(self._follow(send), receive)
        except ClientDisconnect:
            return
        await send({"type": "http.response.body", "body": b""})

    async def _follow(self, send: Send) -> None:
        last = max((number for number, _ in self._past), default=0)
        past = (event for _, event in self._past if self._conditions.is_past(event))
        # Without a body the client would not get the headers yet.
        await self._send(past, send, always=True)
        # No revision is that of an empty store, so that the first look reads the events.
        seen = -1
        while (rest := self._rest()) > 0 and not self._stopping():
            revision = await self._revision()
            if revision != seen:
                seen = revision
                found = await run_in_threadpool(self._read, last)
                last = max((number for number, _ in found), default=last)
                await self._send((event for _, event in found), send)
            await asyncio.sleep(min(_PAUSE, rest))

    def _rest(self) -> float:
        """Return the seconds until the end."""
        until = self._conditions.until
        return _PAUSE if until is None else (until - time.time_ns()) / NANOSECONDS

    def _read(self, last: int) -> list[tuple[int, Event]]:
        with self._store.snapshot() as snapshot:
            return snapshot.events(last)

    async def _send(self, events: Iterable[Event], send: Send, *, always: bool = False) -> None:
        admitted = filter(self._conditions.admit, events)
        body = b"".join(encoded(event, self._rules) for event in admitted)
        if body or always:
            await send({"type": "http.response.body", "body": body, "more_body": True})


def encoded(event: Event, rules: Rules) -> bytes:
    """Return an event as a line of JSON."""
    old = {"status": event.action, **({"id": event.actor} if event.actor else {})}
    shown = {
        **({} if rules.usage else old),
        "Type": TYPE,
        "Action": event.action,
        "Actor": {"ID": event.actor, "Attributes": dict(sorted(event.attributes.items()))},
        "scope": SCOPE,
        "time": event.time // NANOSECONDS,
        "timeNano": event.time,
    }
    return msgspec.json.encode(shown) + b"\n"
