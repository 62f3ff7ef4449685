"""Time limits on requests."""

import asyncio
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.errors import TooSlowError, UnavailableError
from musterd.http.limits import ConnectionLimits


class RequestTimeouts:
    """Cancel a request that does not arrive, or is not answered, in time."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits) -> None:
        self._app = app
        self._limits = limits

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
        deadline = _Deadline(task)
        # asyncio.timeout would take a tenth of the time of a cached response.
        timer = asyncio.get_running_loop().call_later(self._limits.request_time, deadline.expire)
        try:
            await self._app(scope, _TimedBody(receive, self._limits.idle_timeout), send)
        except asyncio.CancelledError:
            if not deadline.expired or task.uncancel():
                raise
            raise UnavailableError("the request took too long, and was given up") from None
        finally:
            timer.cancel()


class _Deadline:
    """Cancel a task on expiry."""

    def __init__(self, task: "asyncio.Task[None]") -> None:
        self._task = task
        self.expired = False

    def expire(self) -> None:
        self.expired = True
        self._task.cancel()


class _TimedBody:
    """A request's body, with a time limit on each piece."""

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
