import asyncio
import threading
from typing import Any

import pytest

from musterd.api.long_work import LongWork
from musterd.errors import UnavailableError
from musterd.listing.deadline import Deadline


async def never() -> Any:
    await asyncio.Event().wait()


def test_the_result_of_the_work_is_returned() -> None:
    work = LongWork(1)
    assert asyncio.run(work.run(lambda _deadline: threading.get_ident(), never)) != (
        threading.get_ident()
    )


def test_work_ends_at_its_deadline() -> None:
    def check(deadline: Deadline) -> None:
        deadline.check()

    with pytest.raises(UnavailableError, match=r"^the request takes more than -1 seconds$"):
        asyncio.run(LongWork(1, seconds=-1).run(check, never))


def test_work_is_cancelled_when_its_client_leaves() -> None:
    started, ended = threading.Event(), threading.Event()

    async def leaves() -> Any:
        await asyncio.to_thread(started.wait)
        return {"type": "http.disconnect"}

    def run(deadline: Deadline) -> None:
        started.set()
        try:
            while True:
                deadline.check()
        except UnavailableError:
            ended.set()

    with pytest.raises(UnavailableError, match=r"^the client has left$"):
        asyncio.run(LongWork(1).run(run, leaves))
    assert ended.wait(60)
