"""Calls the handler of a listing without Connexion's adapter.

Connexion routes and validates every listing that the response cache does not have. But it works
out for each request how the handler takes its arguments, which takes as long as finding a few
images among many. Here the parameters are read once, for all that the handler does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string
from musterd.api.reads import ReadOperations
from musterd.errors import UnavailableError
from musterd.listing.deadline import Deadline

# Listings that are made at a time: of all images, and with conditions, so that a short one does not
# wait for a dozen long ones. Together they are fewer than the connections that the database's pool
# keeps, so that none is opened for one listing only; and more threads would hold each other up.
_AT_ONCE = 2
#: Seconds that a listing may take once it is its turn.
LONGEST = 30.0
# Seconds after which it is watched whether the client is still there.
_UNWATCHED = 0.02


class DirectListing:
    """Answers *List Images* for a request that was found valid.

    Stands behind Connexion's validation; every other operation goes through untouched.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        reads: ReadOperations,
        revision: Callable[[str], Awaitable[int]],
        seconds: float = LONGEST,
    ) -> None:
        """Take what answers.

        Args:
            app: Every operation but this one.
            reads: This one.
            revision: What tells the revision that an account's catalogue has now.
            seconds: How long a listing may take once it is its turn.
        """
        self._app = app
        self._reads = reads
        self._revision = revision
        self._seconds = seconds
        self._limiters = {lane: CapacityLimiter(_AT_ONCE) for lane in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            RequestError: The client's mistake that the handler has found, or its time is over.
            DatabaseError: The store cannot be read.
        """
        if scope["type"] == "http" and _operation_id(scope) == "image_list":
            context = scope["extensions"]["connexion_context"]
            account, rules = context["account"], context["rules"]
            parameters = scope["extensions"][query_string.PARAMETERS]
            query = self._reads.read_query(rules, parameters)
            revision = await self._revision(account)
            response = self._reads.list_if_cheap(account, rules, query, revision)
            if response is None:
                list_images = partial(self._reads.list_images, account, rules, query, revision)
                limiter = self._limiters[query.has_conditions]
                response = await self._in_a_thread(list_images, limiter, receive)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _in_a_thread(
        self,
        list_images: Callable[[Deadline], Response],
        limiter: CapacityLimiter,
        receive: Receive,
    ) -> Response:
        """Make a listing in a thread, as long as the client is there.

        A thread whose request is cancelled, too, ends at its next look at the deadline.

        Raises:
            UnavailableError: The client has left.
        """
        deadline = Deadline(self._seconds)

        def begin() -> Response:
            # What a listing has waited for others does not count.
            deadline.restart()
            return list_images(deadline)

        waiting = CancelScope()
        watchers: list[asyncio.Task[None]] = []

        def watch() -> None:
            watchers.append(asyncio.create_task(_wait_for_disconnect(receive, waiting)))

        # Most listings are made in less time than it takes to look whether their clients stay.
        timer = asyncio.get_running_loop().call_later(_UNWATCHED, watch)
        try:
            with waiting:
                return await to_thread.run_sync(begin, limiter=limiter, abandon_on_cancel=True)
        finally:
            timer.cancel()
            for watcher in watchers:
                watcher.cancel()
            deadline.cancel()
        raise UnavailableError("the client has left")


async def _wait_for_disconnect(receive: Receive, scope: CancelScope) -> None:
    """Cancel *scope* when the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _operation_id(scope: Scope) -> str | None:
    found: str | None = scope["extensions"]["connexion_routing"].get("operation_id")
    return found
