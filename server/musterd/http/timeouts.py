"""Waiting for requests, but not for ever."""

import asyncio
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.api import responses
from musterd.api.middleware import paths
from musterd.api.middleware.versioned_paths import with_headers
from musterd.contract import rules
from musterd.errors import TooSlowError
from musterd.settings import ConnectionLimits


class Patience:
    """Gives a request up that does not come in, or is not answered, in time."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task = cast("asyncio.Task[None]", asyncio.current_task())
        started = False
        ended = False
        given_up = False

        def give_up() -> None:
            nonlocal given_up
            given_up = True
            task.cancel()

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        async def receive_in_time() -> Message:
            nonlocal ended
            try:
                # After the body, all that can come is that the client leaves.
                async with asyncio.timeout(None if ended else self._limits.patience):
                    message = await receive()
            except TimeoutError:
                raise TooSlowError("the request's body does not come") from None
            ended = not message.get("more_body", False)
            return message

        # asyncio.timeout would take a tenth of the time of an answer that is given again.
        timer = asyncio.get_running_loop().call_later(self._limits.request_time, give_up)
        try:
            await self._app(scope, receive_in_time, send_and_note)
        except asyncio.CancelledError:
            if not given_up or task.uncancel():
                raise
            if started:
                # uvicorn cuts the connection, so that nobody takes a half for a whole.
                raise TimeoutError from None
            version, _ = paths.split_version(scope["path"])
            message = "the request took too long, and was given up"
            answer = responses.error(503, message, rules.at(version))
            await answer(scope, receive, with_headers(send))
        finally:
            timer.cancel()
