import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from musterd.api.disconnect import unless_disconnected


def receiving(*messages: str) -> Any:
    waiting = list(messages)

    async def receive() -> dict[str, str]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": waiting.pop(0)}

    return receive


async def after(steps: int, result: Any) -> Any:
    for _ in range(steps):
        await asyncio.sleep(0)
    if isinstance(result, Exception):
        raise result
    return result


def test_the_result_is_returned_while_the_client_waits() -> None:
    assert asyncio.run(unless_disconnected(after(3, "done"), receiving("http.request"))) == "done"


def test_an_exception_propagates() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(unless_disconnected(after(3, ZeroDivisionError()), receiving()))


def test_work_is_cancelled_when_its_client_disconnects() -> None:
    cancelled = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(ClientDisconnect):
        asyncio.run(unless_disconnected(endless(), receiving("http.request", "http.disconnect")))
    assert cancelled


def test_cancellation_leaves_no_tasks_behind() -> None:
    async def give_up() -> set[asyncio.Task[Any]]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await unless_disconnected(after(10**9, "done"), receiving())
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert not asyncio.run(give_up())
