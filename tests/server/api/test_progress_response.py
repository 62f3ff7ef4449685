"""A response that reports on work ends with it, or with its client."""

import asyncio
from typing import Any

from musterd.api.progress_response import ProgressResponse
from musterd.registry.source import Report


class Client:
    """A client that leaves as soon as it has got a line."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self._line = asyncio.Event()

    async def receive(self) -> Any:
        await self._line.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.got.append(message)
        if message.get("body"):
            self._line.set()


def test_work_is_cancelled_if_the_client_leaves() -> None:
    done: list[str] = []

    async def work(report: Report) -> None:
        try:
            await report({"status": "begun"})
            await asyncio.Event().wait()
        finally:
            done.append("cancelled")

    async def close() -> None:
        done.append("closed")

    async def run() -> list[Any]:
        client = Client()
        await ProgressResponse(work, close)({}, client.receive, client.send)
        return client.got

    start, line = asyncio.run(run())
    assert (start["status"], line["body"]) == (200, b'{"status":"begun"}\r\n')
    assert done == ["cancelled", "closed"]
