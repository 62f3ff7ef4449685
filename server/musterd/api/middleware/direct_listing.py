"""Calls the handler of a listing without Connexion's adapter.

Connexion routes and validates every listing that the response cache does not have. But it works
out for each request how the handler takes its arguments, which takes as long as finding a few
images among many. Here the parameters are read once, for all that the handler does.
"""

from collections.abc import Awaitable, Callable

from anyio import CapacityLimiter, to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string
from musterd.api.reads import ReadOperations

# Listings that are made at a time: of all images, and with conditions, so that a short one does not
# wait for a dozen long ones. Together they are fewer than the connections that the database's pool
# keeps, so that none is opened for one listing only; and more threads would hold each other up.
_AT_ONCE = 2


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
    ) -> None:
        """Take what answers.

        Args:
            app: Every operation but this one.
            reads: This one.
            revision: What tells the revision that an account's catalogue has now.
        """
        self._app = app
        self._reads = reads
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
            account, rules = context["account"], context["rules"]
            parameters = scope["extensions"][query_string.PARAMETERS]
            query = self._reads.read_query(rules, parameters)
            revision = await self._revision(account)
            response = self._reads.list_if_cheap(account, rules, query, revision)
            if response is None:
                response = await to_thread.run_sync(
                    self._reads.list_images,
                    account,
                    rules,
                    query,
                    revision,
                    limiter=self._limiters[query.has_conditions],
                )
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _operation_id(scope: Scope) -> str | None:
    found: str | None = scope["extensions"]["connexion_routing"].get("operation_id")
    return found
