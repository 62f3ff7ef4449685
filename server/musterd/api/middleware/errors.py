"""The one place where an error becomes a response.

Guards, middleware, Connexion and handlers raise. What they raise is answered here, in the shape
that errors have at the request's API version.
"""

import errno
import logging

from connexion.exceptions import ProblemException
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.api import responses
from musterd.contract import rules
from musterd.contract.rules import Rules
from musterd.contract.versions import split_version
from musterd.errors import DiskFullError, MusterdError, RequestError

# What a client is told: it may free some.
_FULL = "no space left for the server's catalogue; deleting images may help"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LOG = logging.getLogger(__name__)


class ErrorResponses:
    """Answers whatever is raised inside, unless a response has begun.

    What is raised after that goes on to the server, which cuts the connection, so that nobody
    takes half a response for a whole one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if started:
                raise
            version, _ = split_version(scope["path"])
            await _response(error, rules.at(version))(scope, receive, send)


def _response(error: Exception, version_rules: Rules) -> Response:
    match error:
        case RequestError():
            response = responses.error(error.status, str(error), version_rules)
            response.headers.update(error.headers)
            return response
        case ProblemException():
            # What follows the first line is the schema, and no help to a client.
            return responses.error(error.status, error.detail.partition("\n")[0], version_rules)
        case HTTPException():
            # What Connexion's router and `OperationGuard` raise: there is no such page.
            return responses.page_not_found(version_rules)
        case DiskFullError():
            _LOG.error("a request failed: %s", error)
            return responses.error(507, _FULL, version_rules)
        case OSError() if error.errno in _NO_ROOM:
            _LOG.error("a request failed: %s", error.strerror)
            return responses.error(507, _FULL, version_rules)
        case MusterdError():
            # What is wrong is no fault in here: one line says it, and no traceback.
            _LOG.error("a request failed: %s", error)
        case _:
            _LOG.error("a request failed", exc_info=error)
    return responses.error(500, responses.INTERNAL, version_rules)
