"""Calls the handler of a listing without Connexion's adapter.

Connexion routes and validates every listing that the response cache does not have. But it works
out for each request how the handler takes its arguments, which takes as long as finding a few
images among many.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string

# The arguments of `image_list` whose parameters are called otherwise.
_ARGUMENTS = {"all": "all_", "filter": "filter_", "shared-size": "shared_size"}
# Listings that are made at a time: of all images, and with conditions, so that a short one does not
# wait for a dozen long ones. Together they are fewer than the connections that the database's pool
# keeps, so that none is opened for one listing only; and more threads would hold each other up.
_AT_ONCE = 2
_CONDITIONS = ("filters", "filter")


class DirectListing:
    """Calls `image_list` with the parameters of a request that was found valid.

    Stands behind Connexion's validation; every other operation goes through untouched.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        handler: Callable[..., Response],
        at_once: Callable[..., Response | None],
        revision: Callable[[str], Awaitable[int]],
    ) -> None:
        """Take what answers.

        Args:
            app: Every operation but this one.
            handler: What may wait for the database.
            at_once: What gives up where it would have to.
            revision: What tells the revision that an account's catalogue has now.
        """
        self._app = app
        self._handler = handler
        self._at_once = at_once
        self._revision = revision
        self._limiters = {lane: CapacityLimiter(_AT_ONCE) for lane in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            RequestError: The client's mistake that the handler has found.
            DatabaseError: The store cannot be read.
        """
        if scope["type"] == "http" and _operation_id(scope) == "image_list":
            context = scope["extensions"]["connexion_context"]
            values = query_string.first_values(scope["query_string"])
            arguments = {
                "account": context["account"],
                "rules": context["rules"],
                "revision": await self._revision(context["account"]),
                **{_ARGUMENTS.get(name, name): value for name, value in values.items()},
            }
            response = self._at_once(**arguments)
            if response is None:
                listing = partial(self._handler, **arguments)
                limiter = self._limiters[any(values.get(name) for name in _CONDITIONS)]
                response = await to_thread.run_sync(listing, limiter=limiter)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _operation_id(scope: Scope) -> str | None:
    found: str | None = scope["extensions"]["connexion_routing"].get("operation_id")
    return found
