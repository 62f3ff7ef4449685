import asyncio
import threading
from typing import Any

import pytest

from musterd.api.middleware.direct_listing import DirectListing


class Behind:
    """What stands behind, and is asked for all else."""

    def __init__(self) -> None:
        self.seen = []

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.seen.append(scope)


class Handler:
    """Answers at once, or only in a thread, and notes what it is asked."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.seen: list[Any] = []

    async def response(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send("the answer")

    def at_once(self, **given: Any) -> Any:
        self.seen.append(("at once", given))
        return self.response if self.quick else None

    def in_a_thread(self, **given: Any) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        self.seen.append(("in a thread", given))
        return self.response


async def newest(account: str) -> int:
    return len(account)


def ask(scope: Any, *, quick: bool = True) -> tuple[Behind, list[Any], list[Any]]:
    behind, handler, sent = Behind(), Handler(quick=quick), []

    async def send(message: Any) -> None:
        sent.append(message)

    app = DirectListing(
        behind,  # type: ignore[arg-type]
        handler=handler.in_a_thread,
        at_once=handler.at_once,
        revision=newest,
    )
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    return behind, handler.seen, sent


def http(operation: str | None, query_string: bytes = b"") -> dict[str, Any]:
    routing = {} if operation is None else {"operation_id": operation}
    context = {"account": "acme", "rules": "those of 1.23", "version": "1.23"}
    extensions = {"connexion_routing": routing, "connexion_context": context}
    return {"type": "http", "query_string": query_string, "extensions": extensions}


def test_a_listing_gets_its_parameters_by_the_names_of_the_arguments() -> None:
    query = b"all=1&filter=a%2Fb&shared-size=0&digests=&filters=%7B%7D&manifests=1"
    behind, arguments, sent = ask(http("image_list", query))
    expected = {
        "account": "acme",
        "rules": "those of 1.23",
        "revision": len("acme"),
        "all_": "1",
        "filter_": "a/b",
        "shared_size": "0",
        "digests": "",
        "filters": "{}",
        "manifests": "1",
    }
    assert arguments == [("at once", expected)]
    assert sent == ["the answer"]
    assert behind.seen == []


def test_what_cannot_be_answered_at_once_is_in_a_thread() -> None:
    _, arguments, sent = ask(http("image_list", b"all=1"), quick=False)
    assert [where for where, _ in arguments] == ["at once", "in a thread"]
    assert arguments[0][1] == arguments[1][1]
    assert sent == ["the answer"]


@pytest.mark.parametrize("scope", [http("image_inspect"), http(None), {"type": "lifespan"}])
def test_every_other_operation_is_left_to_connexion(scope: Any) -> None:
    behind, arguments, sent = ask(scope)
    assert (behind.seen, arguments, sent) == ([scope], [], [])


def test_a_question_with_conditions_does_not_wait_for_listings_of_everything() -> None:
    answered = threading.Event()
    together = threading.Barrier(2 + 1, timeout=10)

    def in_a_thread(**given: Any) -> Any:
        if "filter_" in given:
            answered.set()
        else:
            together.wait()
            assert answered.wait(10)
        return Handler(quick=False).response

    async def ask_all() -> None:
        async def send(_message: Any) -> None:
            pass

        app = DirectListing(
            Behind(),  # type: ignore[arg-type]
            handler=in_a_thread,
            at_once=lambda **_given: None,
            revision=newest,
        )
        asked = [app(http("image_list"), None, send) for _ in range(4)]  # type: ignore[arg-type]
        tasks = [asyncio.create_task(each) for each in asked]
        await asyncio.to_thread(together.wait)
        await app(http("image_list", b"filter=a"), None, send)  # type: ignore[arg-type]
        # The other two that wait.
        await asyncio.to_thread(together.wait)
        await asyncio.gather(*tasks)

    asyncio.run(ask_all())
    assert answered.is_set()
