"""Cache responses until the catalogue changes.

For a listing of few images, nine tenths of the time go into routing, validating and decorating a
request identical to an earlier one; for a listing of many images, nearly all of it goes into
encoding the same JSON again. So the cache stores each response as sent, with the revision of the
catalogue. An identical request gets it again if the revision, which is looked up each time, is
still the same. A request whose path or query differs in a single byte goes through Connexion.

Only responses with a revision (`responses.ListingResponse`) are cached. The account is part of the
key, so that no account gets the response of another.
"""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.api import content_coding, responses
from musterd.api.content_coding import IDENTITY
from musterd.api.middleware.revisions import Revisions
from musterd.api.responses import REVISION
from musterd.errors import DatabaseError
from musterd.storage import accounts

# The default size of the cache, in bytes.
DEFAULT_SIZE = 128 * 2**20
# The end of every path whose response may be cached.
_PATH = "/images/json"
# The most bytes of path and query string for which a response is cached.
_MAX_REQUEST = 4096
# Estimated bytes of a cached response in addition to its content and the request: headers and
# objects, and the overhead of each piece.
_OVERHEAD, _PIECE_OVERHEAD = 2048, 320

# Headers that describe a body, which 304 does not have.
_OF_CONTENT = (b"content-length", b"content-type", b"content-encoding")
_Header = tuple[bytes, bytes]
# The account, the path and the query string: all that a response depends on, except the coding.
_Request = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class _EncodedBody:
    """A response in one coding, ready to send."""

    tag: bytes
    headers: Sequence[_Header]
    bodies: Sequence[Message]

    @property
    def size(self) -> int:
        """The size of the body, in bytes."""
        return sum(len(body["body"]) for body in self.bodies)

    @property
    def memory(self) -> int:
        """The memory of the body and its pieces, in bytes."""
        return self.size + _PIECE_OVERHEAD * len(self.bodies)

    async def send(self, if_none_match: bytes | None, send: Send) -> None:
        """Send the response, or 304 if the client has it already."""
        if if_none_match is not None and content_coding.is_known(self.tag, if_none_match):
            headers = [pair for pair in self.headers if pair[0] not in _OF_CONTENT]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        # Create a new message each time, because middleware adds headers to it.
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for body in self.bodies:
            await send(body)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The response to a request at one revision, in the codings requested so far."""

    request: _Request
    revision: int
    forms: Mapping[str, _EncodedBody]

    @property
    def memory(self) -> int:
        """The estimated memory, in bytes."""
        parts = sum(map(sys.getsizeof, self.request))
        return _OVERHEAD + parts + sum(form.memory for form in self.forms.values())


class ResponseCache:
    """ASGI middleware that caches the responses of everything behind it."""

    def __init__(self, app: ASGIApp, *, revisions: Revisions, limit: int) -> None:
        """Cache the responses of *app*.

        Args:
            app: The application that creates the responses.
            revisions: The catalogues' revisions.
            limit: The size of the cache in bytes; the least recently used responses are evicted.
        """
        self._app = app
        self._revisions = revisions
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[_Request, _Answer] = OrderedDict()
        # Of several identical requests, one is answered while the others wait for the result.
        self._locks: WeakValueDictionary[_Request, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but listings unchanged."""
        if scope["type"] != "http" or not _may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        request = (
            scope.get(accounts.SCOPE_KEY, accounts.DEFAULT),
            scope["path"],
            scope["query_string"],
        )
        coding, if_none_match = _negotiate(scope["headers"])
        answer = self._lookup_immediately(request) or await self._lookup(request)
        if answer is None or coding not in answer.forms:
            messages: list[Message] = []
            async with self._locks.setdefault(request, asyncio.Lock()):
                answer = await self._lookup(request)
                if answer is None:
                    messages = await self._ask(scope, receive)
                    answer = _answer(request, messages)
                if answer is not None:
                    answer = await _with_encoding(answer, coding)
                    self._store(request, answer)
            if answer is None:
                for message in messages:
                    await send(message)
                return
        await answer.forms[coding].send(if_none_match, send)

    def _lookup_immediately(self, request: _Request) -> _Answer | None:
        """Return the cached response if it is valid, and if that is known without waiting."""
        answer = self._answers.get(request)
        if answer is None or answer.revision != self._revisions.known(request[0]):
            return None
        self._answers.move_to_end(request)
        return answer

    async def _lookup(self, request: _Request) -> _Answer | None:
        """Return the cached response if it is valid; otherwise drop it."""
        answer = self._answers.get(request)
        if answer is None:
            return None
        self._answers.move_to_end(request)
        try:
            revision = await self._revisions.now(request[0])
        except DatabaseError:
            # The application will run into the same error, and answer it.
            return None
        if answer.revision == revision:
            return answer
        # Free the memory before the next response is created.
        if self._answers.get(request) is answer:
            self._forget(request)
        return None

    async def _ask(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def collect(message: Message) -> None:  # ASGI awaits it
            messages.append(message)

        await self._app(scope, receive, collect)
        return messages

    def _store(self, request: _Request, answer: _Answer) -> None:
        self._forget(request)
        if answer.memory > self._limit:
            return
        self._answers[request] = answer
        self._size += answer.memory
        while self._size > self._limit:
            self._forget(next(iter(self._answers)))

    def _forget(self, request: _Request) -> None:
        answer = self._answers.pop(request, None)
        if answer is not None:
            self._size -= answer.memory


def _negotiate(headers: Sequence[_Header]) -> tuple[str, bytes | None]:
    """Return the coding for a client, and its `If-None-Match`."""
    accepted: list[bytes] = []
    known: list[bytes] = []
    for name, value in headers:
        if name == b"accept-encoding":
            accepted.append(value)
        elif name == b"if-none-match":
            known.append(value)
    coding = content_coding.choose(b",".join(accepted)) if accepted else IDENTITY
    return coding, b",".join(known) if known else None


def _may_be_kept(scope: Scope) -> bool:
    path: str = scope["path"]
    return (
        path.endswith(_PATH)
        and scope["method"] == "GET"
        and len(path) + len(scope["query_string"]) <= _MAX_REQUEST
    )


def _answer(request: _Request, messages: Sequence[Message]) -> _Answer | None:
    """Return the cache entry for a response; None if it has no revision."""
    start, *bodies = messages
    revision: int | None = start.get(REVISION)
    if revision is None:
        return None
    headers = start["headers"]
    return _Answer(
        request, revision, {IDENTITY: _EncodedBody(dict(headers)[b"etag"], headers, bodies)}
    )


async def _with_encoding(answer: _Answer, coding: str) -> _Answer:
    if coding in answer.forms:
        return answer
    form = await run_in_threadpool(_encode, answer.forms[IDENTITY], coding)
    return replace(answer, forms={**answer.forms, coding: form})


def _encode(plain: _EncodedBody, coding: str) -> _EncodedBody:
    """Return a response in another coding, or unchanged if that is not shorter."""
    pieces = content_coding.encode((body["body"] for body in plain.bodies), coding)
    size = sum(map(len, pieces))
    if size >= plain.size:
        return plain
    tag = content_coding.encoded_tag(plain.tag, coding)
    changed = {b"content-length": str(size).encode(), b"etag": tag}
    headers = [(name, changed.get(name, value)) for name, value in plain.headers]
    headers.append((b"content-encoding", coding.encode()))
    return _EncodedBody(tag, headers, responses.bodies(pieces))
