"""Read the body of a signed request, and verify its hash."""

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive

from musterd.errors import BadRequestError, ForbiddenError

# Bytes of a body that are verified before the application starts; larger bodies are streamed.
AHEAD = 2**20


class SignedBody:
    """A request's body, whose last message arrives only if its hash is the signed one."""

    def __init__(
        self,
        receive: Receive,
        content_hash: str,
        use: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._receive = receive
        self._content_hash = content_hash
        self._use = use
        self._hash = hashlib.sha256()
        self._ahead: deque[Message] = deque()
        self._ended = False

    async def __call__(self) -> Message:
        """Return the next message, as the `receive` of ASGI.

        Raises:
            ForbiddenError: The complete body is not the signed one, or the request is a replay.
        """
        return self._ahead.popleft() if self._ahead else await self._next()

    async def read_ahead(self) -> bool:
        """Read a small body completely, so that it is verified before anything happens.

        Returns:
            Whether the body is complete.

        Raises:
            BadRequestError: The client disconnected before the end of the body.
            ForbiddenError: The complete body is not the signed one, or the request is a replay.
        """
        size = 0
        while not self._ended and size <= AHEAD:
            message = await self._next()
            if message["type"] != "http.request":
                raise BadRequestError("the client left before the end of the body")
            self._ahead.append(message)
            size += len(message.get("body", b""))
        return self._ended

    async def _next(self) -> Message:
        message = await self._receive()
        if self._ended or message["type"] != "http.request":
            return message
        self._hash.update(message.get("body", b""))
        if not message.get("more_body", False):
            self._ended = True
            if self._hash.hexdigest() != self._content_hash:
                raise ForbiddenError("the body is not the one of X-Hyper-Content-Sha256")
            if self._use is not None:
                await self._use()
        return message
