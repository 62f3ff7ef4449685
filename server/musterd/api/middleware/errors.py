"""Turn errors into responses, in this one place.

Guards, middleware, Connexion and handlers raise. This middleware answers, in the error format of
the request's API version.
"""

import errno
import logging
from collections.abc import Awaitable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musterd.api import responses
from musterd.api.middleware.headers import ServerHeaders
from musterd.contract import engines, other_paths
from musterd.contract.engines import Engine
from musterd.errors import (
    BadRequestError,
    DatabaseAwayError,
    DiskFullError,
    MusterdError,
    RequestError,
)

# The client may be able to help by deleting images.
_FULL = "no space left for the server's catalogue; deleting images may help"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LOG = logging.getLogger(__name__)


class ErrorResponses:
    """Answer every error raised inside, unless the response has started.

    After that, an error goes on to the server, which closes the connection, so that no client takes
    an incomplete response for a complete one.
    """

    def __init__(self, app: ASGIApp, engine: Engine = engines.ANY) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        def send_and_note(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if started:
                raise
            response = _response(error, scope, self._engine)
            await ServerHeaders(response, self._engine)(scope, receive, send)


def _not_found(scope: Scope, engine: Engine) -> Response:
    """Return the response to a request that Connexion's router or `OperationGuard` has refused.

    If a daemon would have the operation, say what is missing, so that clients do not report a
    missing image.
    """
    version, path = engine.split_version(scope["path"])
    found = engine.rules_at(version)
    refusal = other_paths.refusal(scope["method"], path)
    if refusal is None:
        return responses.page_not_found(found)
    try:
        engine.check_served(version)
    except BadRequestError as error:
        return responses.error(error.status, str(error), found)
    return responses.error(refusal.status, refusal.message, found)


def _response(error: Exception, scope: Scope, engine: Engine) -> Response:
    version, _ = engine.split_version(scope["path"])
    version_rules = engine.rules_at(version)
    match error:
        case RequestError():
            status = engine.status(error)
            if status == HTTPStatus.OK:
                return responses.failed_progress(str(error))
            response = responses.error(status, str(error), version_rules)
            response.headers.update(error.headers)
            return response
        case HTTPException():
            return _not_found(scope, engine)
        case DiskFullError():
            _LOG.error("a request failed: %s", error)
            return responses.error(507, _FULL, version_rules)
        case OSError() if error.errno in _NO_ROOM:
            _LOG.error("a request failed: %s", error.strerror)
            return responses.error(507, _FULL, version_rules)
        case DatabaseAwayError():
            # The store logs an outage once, not for each request.
            pass
        case MusterdError():
            # Not a bug in the server, so log one line and no traceback.
            _LOG.error("a request failed: %s", error)
        case _:
            _LOG.error("a request failed", exc_info=error)
    return responses.error(500, responses.INTERNAL, version_rules)
