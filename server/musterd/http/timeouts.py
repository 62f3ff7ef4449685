"""Time limits on requests."""

import asyncio
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.errors import TooSlowError, UnavailableError
from musterd.http.deadlines import TaskDeadlines
from musterd.http.limits import ConnectionLimits


class RequestTimeouts:
    """Cancel a request that does not arrive, or is not answered, in time."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits) -> None:
        self._app = app
        self._limits = limits
        self._deadlines = TaskDeadlines(limits.request_time)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged.

        Raises:
            TooSlowError: The next piece of the body does not arrive in time.
            UnavailableError: The response is not complete in time.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._deadlines.start(task)
        try:
            await self._app(scope, _TimedBody(receive, self._limits.idle_timeout), send)
        except asyncio.CancelledError:
            if task in self._deadlines or task.uncancel():
                raise
            raise UnavailableError("the request took too long, and was given up") from None
        finally:
            self._deadlines.end(task)


class _TimedBody:
    """A request's body, with a time limit on each piece."""

    __slots__ = ("_ended", "_idle_timeout", "_receive")

    def __init__(self, receive: Receive, idle_timeout: float) -> None:
        self._receive = receive
        self._idle_timeout = idle_timeout
        self._ended = False

    async def __call__(self) -> Message:
        """Return the next message, as the `receive` of ASGI."""
        try:
            # After the body, the only message left is the disconnect, which may take any time.
            async with asyncio.timeout(None if self._ended else self._idle_timeout):
                message = await self._receive()
        except TimeoutError:
            raise TooSlowError("the request's body does not come") from None
        self._ended = not message.get("more_body", False)
        return message
