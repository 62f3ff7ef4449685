"""Giving the same response again, as long as the catalogue is the same.

Why this is needed: of the time that a listing of few images takes, nine tenths go into routing,
validating and decorating a request just like the one before, and of one of many images nearly all
into writing the same JSON once more. So what a request was answered is kept, as the octets that
went out, with the revision of the catalogue that it shows. The same request gets it again if that
is still the revision, which is looked up each time. A request that differs
in a single octet of its path or query goes through Connexion, as every other one does.

Only responses that name their revision (`responses.ListingResponse`) are kept. The account is a
part of the request, so that none ever gets what another one was answered.
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

#: Bytes of responses that are kept unless told otherwise.
DEFAULT_SIZE = 128 * 2**20
# How the path of a request ends whose answer may be kept.
_PATH = "/images/json"
# Bytes of a path and a query string together whose response is not worth keeping.
_MAX_REQUEST = 4096
# About what a response takes beside its octets and the request's, in bytes: headers, objects; and
# what each piece of it takes.
_OVERHEAD, _PIECE_OVERHEAD = 2048, 320

_Header = tuple[bytes, bytes]
#: The account, the path and the query string: all that an answer depends on, but the coding.
_Request = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class _EncodedBody:
    """An answer in one coding, as it goes out."""

    tag: bytes
    headers: Sequence[_Header]
    bodies: Sequence[Message]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(body["body"]) for body in self.bodies)

    @property
    def memory(self) -> int:
        """Bytes in memory, of what grows with the listing."""
        return self.size + _PIECE_OVERHEAD * len(self.bodies)

    async def send(self, if_none_match: bytes | None, send: Send) -> None:
        """Answer with it, or that the client has it already."""
        if if_none_match is not None and content_coding.is_known(self.tag, if_none_match):
            headers = [pair for pair in self.headers if not pair[0].startswith(b"content-")]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        # Others add headers to this message: it is a new one each time.
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for body in self.bodies:
            await send(body)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a request was answered when the catalogue had a revision, in the codings asked for."""

    request: _Request
    revision: int
    forms: Mapping[str, _EncodedBody]

    @property
    def memory(self) -> int:
        """Bytes in memory, about."""
        parts = sum(map(sys.getsizeof, self.request))
        return _OVERHEAD + parts + sum(form.memory for form in self.forms.values())


class ResponseCache:
    """ASGI middleware that keeps answers; it stands in front of everything that makes them."""

    def __init__(self, app: ASGIApp, *, revisions: Revisions, limit: int) -> None:
        """Keep answers of *app*.

        Args:
            app: What makes them.
            revisions: The catalogues' revisions.
            limit: How many bytes to keep at most; what was used least recently goes first.
        """
        self._app = app
        self._revisions = revisions
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[_Request, _Answer] = OrderedDict()
        # Of requests that are alike, one is answered, and the others wait for that.
        self._locks: WeakValueDictionary[_Request, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; what is not for a listing goes through untouched."""
        if scope["type"] != "http" or not _may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        request = (
            scope.get(accounts.SCOPE_KEY, accounts.DEFAULT),
            scope["path"],
            scope["query_string"],
        )
        coding, if_none_match = _negotiate(scope["headers"])
        answer = self._lookup_at_once(request) or await self._lookup(request)
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

    def _lookup_at_once(self, request: _Request) -> _Answer | None:
        """Return what is kept for a request, if it is known at once that it still holds."""
        answer = self._answers.get(request)
        if answer is None or answer.revision != self._revisions.known(request[0]):
            return None
        self._answers.move_to_end(request)
        return answer

    async def _lookup(self, request: _Request) -> _Answer | None:
        """Return what is kept for a request, if it still holds; if it does not, forget it."""
        answer = self._answers.get(request)
        if answer is None:
            return None
        self._answers.move_to_end(request)
        try:
            revision = await self._revisions.now(request[0])
        except DatabaseError:
            # The application will find out as well, and answers it.
            return None
        if answer.revision == revision:
            return answer
        # Before the next one is made, so that there is room for it.
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
    """Return the coding that a client wants, and its `If-None-Match`."""
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
    """Return what can be kept of an answer; None if it names no revision."""
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
    """Return an answer in another coding, or as it is if that is no longer."""
    pieces = content_coding.encode((body["body"] for body in plain.bodies), coding)
    size = sum(map(len, pieces))
    if size >= plain.size:
        return plain
    tag = content_coding.encoded_tag(plain.tag, coding)
    changed = {b"content-length": str(size).encode(), b"etag": tag}
    headers = [(name, changed.get(name, value)) for name, value in plain.headers]
    headers.append((b"content-encoding", coding.encode()))
    return _EncodedBody(tag, headers, responses.bodies(pieces))
