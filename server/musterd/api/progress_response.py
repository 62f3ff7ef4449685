"""A response that tells how something goes while it is done, one JSON object a line."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from musterd.api import responses
from musterd.api.disconnect import unless_disconnected
from musterd.errors import ArchiveError, MusterdError, RequestError
from musterd.registry import progress
from musterd.registry.source import Report

# Work that reports how it is going.
Work = Callable[[Report], Awaitable[None]]

_LOG = logging.getLogger(__name__)


class ProgressResponse(Response):
    """A response that starts at once; an error shows in its last line.

    moby v20.10.24 ``pkg/streamformatter/streamformatter.go``.
    """

    def __init__(self, work: Work, close: Callable[[], Awaitable[None]]) -> None:
        """Create the response.

        Args:
            work: Does the work, and reports on it. It is cancelled if the client leaves.
            close: Frees the resources of the work, whatever happens.
        """
        super().__init__(media_type="application/json")
        del self.headers["Content-Length"]
        self._work = work
        self._close = close

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await unless_disconnected(self._run(send), receive)
            await send({"type": "http.response.body", "body": b""})
        except ClientDisconnect:
            return
        finally:
            await self._close()

    async def _run(self, send: Send) -> None:
        async def report(line: Mapping[str, Any]) -> None:
            body = msgspec.json.encode(line) + b"\r\n"
            await send({"type": "http.response.body", "body": body, "more_body": True})

        try:
            await self._work(report)
        except (RequestError, ArchiveError) as error:
            await report(progress.error(str(error)))
        except MusterdError as error:
            # Not a bug in the server, so log one line and no traceback.
            _LOG.error("a request failed: %s", error)
            await report(progress.error(responses.INTERNAL))
        except Exception:  # noqa: BLE001  # the response has started
            _LOG.exception("a request failed")
            await report(progress.error(responses.INTERNAL))
