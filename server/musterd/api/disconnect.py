"""Giving up what is done for a client that has left."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

_T = TypeVar("_T")


async def unless_disconnected(work: Coroutine[Any, Any, _T], receive: Receive) -> _T:
    """Await *work*, and cancel it as soon as the client disconnects.

    Args:
        work: What the client waits for.
        receive: The request's, whose body has been read to its end.

    Raises:
        ClientDisconnect: The client has left.
    """
    doing = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((doing, watching), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        for task in (doing, watching):
            task.cancel()
        await asyncio.gather(doing, watching, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
