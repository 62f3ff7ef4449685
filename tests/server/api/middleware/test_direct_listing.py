import asyncio
import threading
import time
from typing import Any

import pytest

from musterd.api import query_string
from musterd.api.middleware.direct_listing import DirectListing
from musterd.contract.rules import V1_23
from musterd.errors import UnavailableError
from musterd.listing.deadline import Deadline
from musterd.listing.query import ListQuery


class Behind:
    """The application behind the middleware, for all other operations."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.seen.append(scope)


class Reads:
    """Answers inline or only in a thread, and records its queries."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.read: list[Any] = []
        self.seen: list[Any] = []

    async def response(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send("the answer")

    def read_query(self, rules: Any, parameters: Any) -> ListQuery:
        self.read.append(parameters)
        return ListQuery.from_parameters(parameters, rules, 0)

    def list_if_cheap(self, *given: Any) -> Any:
        self.seen.append(("at once", *given))
        return self.response if self.quick else None

    def list_images(self, *given: Any) -> Any:
        *given, deadline = given
        deadline.check()
        assert threading.current_thread() is not threading.main_thread()
        self.seen.append(("in a thread", *given))
        return self.response


async def stay() -> Any:
    """Receive nothing, since the client waits for the response."""
    await asyncio.Event().wait()


async def newest(account: str) -> int:
    return len(account)


def ask(scope: Any, *, quick: bool = True) -> tuple[Behind, Reads, list[Any]]:
    behind, reads, sent = Behind(), Reads(quick=quick), []

    async def send(message: Any) -> None:
        sent.append(message)

    app = DirectListing(behind, reads=reads, revision=newest)  # type: ignore[arg-type]
    asyncio.run(app(scope, stay, send))
    return behind, reads, sent


def http(operation: str | None, **parameters: str) -> dict[str, Any]:
    extensions = {
        "connexion_routing": {} if operation is None else {"operation_id": operation},
        "connexion_context": {"account": "acme", "rules": V1_23, "version": "1.23"},
        query_string.PARAMETERS: parameters,
    }
    return {"type": "http", "extensions": extensions}


def test_the_parameters_of_a_listing_are_parsed_once() -> None:
    for quick, ways in ((True, ["at once"]), (False, ["at once", "in a thread"])):
        parameters = {"all": "1", "filters": '{"label":["a"]}'}
        behind, reads, sent = ask(http("image_list", **parameters), quick=quick)
        query = ListQuery.from_parameters(parameters, V1_23, 0)
        assert reads.read == [parameters]
        assert reads.seen == [(way, "acme", V1_23, query, len("acme")) for way in ways]
        assert sent == ["the answer"]
        assert behind.seen == []


@pytest.mark.parametrize("scope", [http("image_inspect"), http(None), {"type": "lifespan"}])
def test_other_operations_are_passed_to_connexion(scope: Any) -> None:
    behind, reads, sent = ask(scope)
    assert (behind.seen, reads.seen, sent) == ([scope], [], [])


def test_filtered_listings_do_not_wait_for_full_listings() -> None:
    answered = threading.Event()
    together = threading.Barrier(2 + 1, timeout=10)

    class Slow(Reads):
        def list_images(self, _account: str, _rules: Any, query: ListQuery, *_: Any) -> Any:
            if query.has_conditions:
                answered.set()
            else:
                together.wait()
                assert answered.wait(10)
            return self.response

    async def ask_all() -> None:
        async def send(_message: Any) -> None:
            pass

        app = DirectListing(
            Behind(),  # type: ignore[arg-type]
            reads=Slow(quick=False),  # type: ignore[arg-type]
            revision=newest,
        )
        asked = [app(http("image_list"), stay, send) for _ in range(4)]
        tasks = [asyncio.create_task(each) for each in asked]
        await asyncio.to_thread(together.wait)
        await app(http("image_list", filter="a"), stay, send)
        # The other two that wait.
        await asyncio.to_thread(together.wait)
        await asyncio.gather(*tasks)

    asyncio.run(ask_all())
    assert answered.is_set()


class Endless(Reads):
    """Renders a listing until its deadline stops it."""

    def __init__(self) -> None:
        super().__init__(quick=False)
        self.begun = threading.Event()
        self.ended = threading.Event()

    def list_images(self, *given: Any) -> Any:
        deadline: Deadline = given[-1]
        self.begun.set()
        try:
            while True:
                deadline.check()
                time.sleep(0.001)
        finally:
            self.ended.set()


async def listing(reads: Endless, receive: Any, seconds: float = 60) -> None:
    async def send(_message: Any) -> None:
        pass

    app = DirectListing(
        Behind(),  # type: ignore[arg-type]
        reads=reads,  # type: ignore[arg-type]
        revision=newest,
        seconds=seconds,
    )
    await app(http("image_list"), receive, send)


def test_a_listing_ends_at_its_deadline() -> None:
    reads = Endless()
    with pytest.raises(UnavailableError, match=r"^the listing takes more than 0.05 seconds; ask"):
        asyncio.run(listing(reads, stay, 0.05))
    assert reads.ended.is_set()


def test_a_listing_ends_when_its_client_disconnects() -> None:
    reads = Endless()

    async def leave() -> Any:
        await asyncio.to_thread(reads.begun.wait)
        return {"type": "http.disconnect"}

    with pytest.raises(UnavailableError, match=r"^the client has left$"):
        asyncio.run(listing(reads, leave))
    assert reads.ended.wait(10)


def test_a_listing_ends_when_its_request_is_cancelled() -> None:
    reads = Endless()

    async def cancel() -> None:
        task = asyncio.create_task(listing(reads, stay))
        await asyncio.to_thread(reads.begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert reads.ended.wait(10)


def test_a_client_that_leaves_while_queued_is_never_served() -> None:
    first, later = [Endless() for _ in range(2)], Endless()

    async def ask_all() -> None:
        async def send(_message: Any) -> None:
            pass

        gone = asyncio.Event()

        async def leave() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        reads = Reads(quick=False)
        app = DirectListing(Behind(), reads=reads, revision=newest)  # type: ignore[arg-type]
        tasks = []
        for each in (*first, later):
            reads.list_images = each.list_images  # type: ignore[method-assign]
            tasks.append(asyncio.create_task(app(http("image_list"), leave, send)))
            await asyncio.sleep(0.05)
        gone.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, UnavailableError) for each in found)

    asyncio.run(ask_all())
    assert [each.begun.is_set() for each in (*first, later)] == [True, True, False]
