import asyncio
import gzip
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from musterd.api.content_coding import zstd
from musterd.api.middleware.response_cache import ResponseCache
from musterd.api.responses import ListingResponse
from musterd.errors import DatabaseError
from musterd.storage.accounts import SCOPE_KEY
from tests.server.support import asgi
from tests.server.support.asgi import Answer

LIST = "/v1.23/images/json"
ENOUGH = 10**6
LONG = b"[" + b"a" * 10_000 + b"]\n"
#: The size counted for a one-chunk response besides its bytes.
OVERHEAD = 2048 + 320 + sum(map(sys.getsizeof, ("default", LIST, b"1")))


class Catalogue:
    """Revisions of accounts; `at_hand` is whether they are known without a reading."""

    def __init__(self, *, at_hand: bool = True) -> None:
        self.at_hand = at_hand
        self.revision = 1
        self.broken = False

    def known(self, _account: str) -> int | None:
        return self.revision if self.at_hand and not self.broken else None

    async def now(self, _account: str) -> int:
        await asyncio.sleep(0)
        if self.broken:
            raise DatabaseError("gone")
        return self.revision


class Maker:
    """The application behind: answers with the account, the revision and the target."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.made = []
        self.revision: Callable[[], int] = lambda: catalogue.revision
        self.meanwhile: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0)
        self.pieces: list[bytes] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        target = f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}"
        account = scope.get(SCOPE_KEY, "nobody")
        self.made.append(target)
        revision = self.revision()
        await self.meanwhile()
        pieces = self.pieces or [f"{account} {revision} {target}".encode()]
        await ListingResponse(pieces, revision)(scope, receive, send)


class Server:
    def __init__(self, limit: int = ENOUGH, *, at_hand: bool = True) -> None:
        self.catalogue = Catalogue(at_hand=at_hand)
        self.maker = Maker(self.catalogue)
        self.cache = ResponseCache(
            self.maker,
            revisions=self.catalogue,  # type: ignore[arg-type]
            limit=limit,
        )

    async def ask(self, target: str = LIST, account: str = "default", **headers: str) -> Answer:
        async def of_account(scope: Any, receive: Any, send: Any) -> None:
            await self.cache({**scope, SCOPE_KEY: account}, receive, send)

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asgi.ask(of_account, target, headers=named)

    async def ask_all(self, *targets: str) -> list[bytes]:
        return [(await self.ask(target)).body for target in targets]

    def made(self, *targets: str) -> int:
        """Ask one target after the other; return how many of the answers were made for it."""
        before = len(self.maker.made)
        asyncio.run(self.ask_all(*targets))
        return len(self.maker.made) - before


@pytest.fixture(params=[True, False], ids=["at hand", "to be read"])
def server(request: pytest.FixtureRequest) -> Server:
    return Server(at_hand=request.param)


def test_a_repeated_request_is_answered_from_the_cache(
    server: Server,
) -> None:
    async def scenario() -> list[Answer]:
        return [await server.ask() for _ in range(3)]

    first, *others = asyncio.run(scenario())
    assert first.status == 200
    assert others == [first, first]
    assert len(server.maker.made) == 1


@pytest.mark.parametrize(
    "target",
    ["/images/json", "/v1.24/images/json", f"{LIST}?", f"{LIST}?all=1", f"{LIST}?ALL=1"],
)
def test_a_different_request_is_validated_and_answered_anew(target: str) -> None:
    server = Server()
    # Only path and query string are compared: a bare question mark is an empty query string.
    assert server.made(LIST, target) == (1 if target == f"{LIST}?" else 2)


def test_a_write_shows_in_the_next_response(server: Server) -> None:
    async def scenario() -> list[bytes]:
        before = await server.ask()
        server.catalogue.revision = 2
        return [before.body, *await server.ask_all(LIST, LIST)]

    bodies = asyncio.run(scenario())
    assert [body.split()[1] for body in bodies] == [b"1", b"2", b"2"]
    assert len(server.maker.made) == 2


def test_accounts_do_not_share_cached_responses(server: Server) -> None:
    async def scenario() -> list[bytes]:
        accounts = ("red", "blue", "red", "blue")
        return [(await server.ask(account=account)).body for account in accounts]

    assert [body.split()[0] for body in asyncio.run(scenario())] == [b"red", b"blue"] * 2
    assert len(server.maker.made) == 2


def test_a_response_overtaken_by_a_write_is_not_reused(server: Server) -> None:
    """A cached response is stored with the revision it shows, not the current one."""

    async def write() -> None:
        server.catalogue.revision += 1

    async def scenario() -> list[bytes]:
        server.maker.meanwhile = write
        first = await server.ask()
        server.maker.meanwhile = lambda: asyncio.sleep(0)
        return [first.body, *await server.ask_all(LIST, LIST)]

    bodies = asyncio.run(scenario())
    assert [body.split()[1] for body in bodies] == [b"1", b"2", b"2"]


def test_identical_concurrent_requests_share_one_response(server: Server) -> None:
    async def scenario() -> list[Answer]:
        return await asyncio.gather(*(server.ask() for _ in range(8)))

    answers = asyncio.run(scenario())
    assert answers == [answers[0]] * 8
    assert len(server.maker.made) == 1


def test_identical_requests_share_the_refresh_of_a_stale_response() -> None:
    server = Server(at_hand=False)

    async def scenario() -> list[Answer]:
        await server.ask()
        server.catalogue.revision = 2
        return await asyncio.gather(*(server.ask() for _ in range(3)))

    assert {answer.body.split()[1] for answer in asyncio.run(scenario())} == {b"2"}
    assert len(server.maker.made) == 2


def test_a_response_without_a_revision_is_not_cached() -> None:
    made = []

    async def refusing(scope: Any, _receive: Any, send: Any) -> None:
        made.append(scope["path"])
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    cache = ResponseCache(refusing, revisions=Catalogue(), limit=ENOUGH)  # type: ignore[arg-type]

    async def scenario() -> list[Answer]:
        return await asyncio.gather(*(asgi.ask(cache, LIST) for _ in range(3)))

    assert asyncio.run(scenario()) == [Answer(400, {}, b"no")] * 3
    assert len(made) == 3


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("HEAD", LIST),
        ("POST", LIST),
        ("GET", "/v1.23/images/a/json"),
        ("GET", "/v1.23/images/json/"),
        ("GET", "/_ping"),
    ],
)
def test_other_requests_bypass_the_cache(method: str, target: str) -> None:
    server = Server()

    async def scenario() -> None:
        for _ in range(2):
            await asgi.ask(server.cache, target, method)

    asyncio.run(scenario())
    assert len(server.maker.made) == 2


def test_lifespan_messages_pass_through() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    cache = ResponseCache(app, revisions=Catalogue(), limit=ENOUGH)  # type: ignore[arg-type]
    asyncio.run(cache({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_a_database_error_leaves_the_request_to_the_application(server: Server) -> None:
    async def scenario() -> None:
        await server.ask()
        server.catalogue.broken = True
        await server.ask()

    asyncio.run(scenario())
    assert len(server.maker.made) == 2


def targets(count: int) -> list[str]:
    return [f"{LIST}?{number}" for number in range(count)]


def test_the_cache_stays_within_its_limit() -> None:
    server = Server(limit=3 * (OVERHEAD + len(LONG)))
    server.maker.pieces = [LONG]
    a, b, c, d = targets(4)
    assert server.made(a, b, c) == 3
    assert server.made(a, b, c) == 0
    assert server.made(d) == 1
    # The one that was used least recently has gone, and the others have not.
    assert server.made(b, c, d) == 0
    assert server.made(a) == 1
    assert server.made(c, d, a) == 0


def test_the_least_recently_used_response_is_evicted() -> None:
    server = Server(limit=2 * (OVERHEAD + len(LONG)))
    server.maker.pieces = [LONG]
    a, b, c = targets(3)
    assert server.made(a, b, a, c) == 3
    assert server.made(a) == 0
    assert server.made(b) == 1


def test_request_targets_count_towards_the_cache_limit() -> None:
    query = "filters=" + "x" * 3000
    server = Server(limit=20 * (OVERHEAD + 3000 + 200))
    assert server.made(*(f"{LIST}?{query}{number}" for number in range(100))) == 100
    assert len(server.cache._answers) <= 20  # noqa: SLF001
    assert server.made(f"{LIST}?{query}99", f"{LIST}?{query}0") == 1


@pytest.mark.parametrize(("size", "made"), [(4096, 1), (4097, 2)])
def test_responses_to_long_queries_are_not_cached(size: int, made: int) -> None:
    target = f"{LIST}?".ljust(size + 1, "x")
    assert Server().made(target, target) == made


def test_a_response_larger_than_the_cache_is_sent_uncached() -> None:
    server = Server(limit=OVERHEAD + len(LONG) - 2)
    server.maker.pieces = [LONG]
    assert server.made(LIST, LIST) == 2
    assert Server(limit=0).made(LIST, LIST) == 2


def test_a_refreshed_response_replaces_the_stale_one() -> None:
    server = Server(limit=2 * (OVERHEAD + len(LONG)))
    server.maker.pieces = [LONG]
    a, b = targets(2)
    server.made(a, b)
    for _ in range(5):
        server.catalogue.revision += 1
        assert server.made(a, b) == 2
        assert server.made(a, b) == 0


def test_a_matching_entity_tag_gets_304_without_a_body(server: Server) -> None:
    async def scenario() -> tuple[Answer, Answer, Answer]:
        first = await server.ask()
        tag = first.headers["etag"]
        again = await server.ask(if_none_match=f'"other", {tag}')
        server.catalogue.revision = 2
        return first, again, await server.ask(if_none_match=tag)

    first, again, other = asyncio.run(scenario())
    assert (again.status, again.body) == (304, b"")
    assert again.headers == {
        name: value for name, value in first.headers.items() if not name.startswith("content-")
    }
    assert (other.status, other.body.split()[1]) == (200, b"2")


def test_repeated_headers_are_combined() -> None:
    server = Server()
    server.maker.pieces = [LONG]

    async def scenario(*headers: tuple[bytes, bytes]) -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": LIST, "query_string": b""}
        await server.cache({**scope, "headers": list(headers)}, None, send)  # type: ignore[arg-type]
        return sent

    start, *_ = asyncio.run(scenario((b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")))
    assert dict(start["headers"])[b"content-encoding"] == b"gzip"
    tag = dict(start["headers"])[b"etag"]
    known = [(b"if-none-match", b'"x"'), (b"if-none-match", tag), (b"accept-encoding", b"gzip")]
    assert asyncio.run(scenario(*known))[0]["status"] == 304


def test_responses_are_compressed_only_on_request(server: Server) -> None:
    server.maker.pieces = [LONG, LONG]

    async def scenario() -> list[Answer]:
        gzipped = {"host": "x", "accept_encoding": "gzip", "user_agent": "y"}
        asked = ({}, gzipped, {"accept_encoding": "gzip, zstd"}, {})
        return [await server.ask(**headers) for headers in asked]

    plain, gzipped, zstandard, again = asyncio.run(scenario())
    assert again == plain
    assert plain.body == LONG + LONG
    assert "content-encoding" not in plain.headers
    for answer, coding, decode in (
        (gzipped, "gzip", gzip.decompress),
        (zstandard, "zstd", zstd.decompress),
    ):
        assert answer.headers["content-encoding"] == coding
        assert answer.headers["content-length"] == str(len(answer.body))
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["etag"] == f'{plain.headers["etag"][:-1]}-{coding}"'
        assert decode(answer.body) == plain.body
    assert len(server.maker.made) == 1


def test_a_response_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from musterd.api import content_coding  # noqa: PLC0415

    encode = content_coding.encode
    codings = []
    monkeypatch.setattr(
        content_coding,
        "encode",
        lambda pieces, coding: codings.append(coding) or encode(pieces, coding),
    )
    server = Server()
    server.maker.pieces = [LONG]

    async def scenario() -> list[Answer]:
        asked = ["gzip", "zstd", "gzip", "zstd", "gzip"]
        return [await server.ask(accept_encoding=coding) for coding in asked]

    assert len({answer.body for answer in asyncio.run(scenario())}) == 2
    assert codings == ["gzip", "zstd"]


def test_entity_tags_match_only_the_requested_coding() -> None:
    server = Server()
    server.maker.pieces = [LONG]

    async def scenario() -> list[int]:
        tag = (await server.ask(accept_encoding="gzip")).headers["etag"]
        known = {"if_none_match": tag}
        asked = ({"accept_encoding": "gzip", **known}, {"accept_encoding": "zstd", **known}, known)
        return [(await server.ask(**headers)).status for headers in asked]

    assert asyncio.run(scenario()) == [304, 200, 200]


def test_a_body_that_would_not_shrink_is_sent_uncompressed() -> None:
    server = Server()
    server.maker.pieces = [b"[]\n"]
    answer = asyncio.run(server.ask(accept_encoding="gzip"))
    assert answer.body == b"[]\n"
    assert "content-encoding" not in answer.headers
