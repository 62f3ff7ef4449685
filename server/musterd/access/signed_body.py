"""Reading the body of a signed request, which must be the one that was signed."""

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive

from musterd.errors import BadRequestError, ForbiddenError

#: Bytes of a body that are read before the application sees any; larger ones it reads as they come.
AHEAD = 2**20


class SignedBody:
    """A request's body, whose end arrives only if it is the body that was signed."""

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
        """Return the next message, as `receive` of ASGI.

        Raises:
            ForbiddenError: It ends the body, which is another one than was signed, or the request
                is one that was there before.
        """
        return self._ahead.popleft() if self._ahead else await self._next()

    async def read_ahead(self) -> bool:
        """Read a small body to its end, so that it is checked before anything is done.

        Returns:
            Whether that was the end.

        Raises:
            BadRequestError: The client is gone before it.
            ForbiddenError: As above.
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
