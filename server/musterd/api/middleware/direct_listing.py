"""Call the handler of *List Images* without Connexion's adapter.

Connexion routes and validates every listing that the response cache does not have. But for each
request it also works out how to pass the arguments to the handler, which takes as long as finding a
few images among many. Here the parameters are parsed once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string
from musterd.api.reads import ReadOperations
from musterd.errors import UnavailableError
from musterd.listing.deadline import Deadline

# Listings at a time, counted separately for those with and without conditions, so that a short one
# does not wait for many long ones. Together they need fewer connections than the database's pool
# keeps open, and more threads would only slow each other down.
_AT_ONCE = 2
# Seconds for a listing, not counting the wait for its turn.
LONGEST = 30.0
# Seconds until a listing starts to watch for a disconnect.
_UNWATCHED = 0.02


class DirectListing:
    """Answer *List Images* for validated requests.

    This comes after Connexion's validation, and passes on every other operation unchanged.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        reads: ReadOperations,
        revision: Callable[[str], Awaitable[int]],
        limiters: Mapping[bool, CapacityLimiter] | None = None,
        seconds: float = LONGEST,
    ) -> None:
        """Create the middleware.

        Args:
            app: The application for every other operation.
            reads: The handler of listings.
            revision: Returns the current revision of an account's catalogue.
            limiters: The limits on listings at a time, by whether they have conditions, to share
                with others; None for its own.
            seconds: The time for a listing, not counting the wait for its turn.
        """
        self._app = app
        self._reads = reads
        self._revision = revision
        self._seconds = seconds
        self._limiters = make_limiters() if limiters is None else limiters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            RequestError: The handler refused the request, or the time is over.
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
        """Make a listing in a thread while the client is connected.

        If the request is cancelled, its thread ends at its next check of the deadline.

        Raises:
            UnavailableError: The client has disconnected.
        """
        deadline = Deadline(self._seconds)

        def begin() -> Response:
            # Do not count the wait for a thread.
            deadline.restart()
            return list_images(deadline)

        waiting = CancelScope()
        watchers: list[asyncio.Task[None]] = []

        def watch() -> None:
            watchers.append(asyncio.create_task(_wait_for_disconnect(receive, waiting)))

        # Most listings take less time than starting to watch for a disconnect.
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


def make_limiters() -> dict[bool, CapacityLimiter]:
    """Return limits on listings at a time, by whether they have conditions."""
    return {has_conditions: CapacityLimiter(_AT_ONCE) for has_conditions in (False, True)}


async def _wait_for_disconnect(receive: Receive, scope: CancelScope) -> None:
    """Cancel *scope* when the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _operation_id(scope: Scope) -> str | None:
    found: str | None = scope["extensions"]["connexion_routing"].get("operation_id")
    return found
