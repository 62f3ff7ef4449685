"""The operations of the control API, which `openapi/control.yaml` describes."""

from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.access.cross_site import CrossSiteGuard
from musterd.api import responses
from musterd.api.middleware.errors import ErrorResponses
from musterd.control.engine_switch import EngineSwitch
from musterd.control.state import ServerState
from musterd.departures.imitation import Imitation
from musterd.errors import (
    BadRequestError,
    ConflictError,
    FaultError,
    SeedError,
    ServeError,
    TooLargeError,
)
from musterd.faults import plan
from musterd.recording.request import RecordedRequest
from musterd.seeds import document

BASE = "/_muster"
# Bytes of a request's body.
_LARGEST = 16 * 2**20


class FaultDescription(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A fault in a request, as `musterd.faults.plan.fault` takes it."""

    status: int | None = None
    message: str | None = None
    headers: dict[str, str] | None = None
    delay: str | float = 0.0
    cut_after: int | None = None
    hang: bool = False
    reset: bool = False
    method: str | None = None
    path: str | None = None
    times: int | None = None
    every: int = 1


class GreaseDescription(msgspec.Struct, forbid_unknown_fields=True):
    """The seed of oddities in a request; null for none."""

    seed: int | None


class EngineDescription(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The engine in a request or a response, as `musterd.departures.imitation` describes it."""

    engine: str
    api_min: str | None = None
    api_max: str | None = None
    departures: tuple[str, ...] = ()


def create_control(state: ServerState) -> ASGIApp:
    """Build the application that controls a server.

    Web pages may not use it, as they may not use the server.
    """
    control = _Control(state)
    routes = [
        Route(f"{BASE}/{path}", handler, methods=[method])
        for method, path, handler in (
            ("POST", "reset", control.reset),
            ("POST", "images", control.add_images),
            ("DELETE", "images", control.clear_images),
            ("GET", "requests", control.requests),
            ("DELETE", "requests", control.clear_requests),
            ("POST", "faults", control.add_fault),
            ("DELETE", "faults", control.clear_faults),
            ("PUT", "grease", control.set_grease),
            ("GET", "engine", control.engine),
            ("PUT", "engine", control.set_engine),
        )
    ]
    router = Router(routes, redirect_slashes=False, default=_unknown)
    return ErrorResponses(CrossSiteGuard(router, frozenset()))


class _Control:
    def __init__(self, state: ServerState) -> None:
        self._state = state

    async def reset(self, _request: Request) -> Response:
        await run_in_threadpool(self._state.reset)
        return _done()

    async def add_images(self, request: Request) -> Response:
        body = await _body(request)
        try:
            items = document.parse_json(body, "the request")
            images = await run_in_threadpool(self._state.add, items)
        except SeedError as error:
            raise BadRequestError(str(error)) from None
        return _json({"ids": [self._state.id_of(image) for image in images]})

    async def clear_images(self, _request: Request) -> Response:
        await run_in_threadpool(self._state.store.replace, [])
        return _done()

    async def requests(self, _request: Request) -> Response:
        return _json({"requests": list(map(_shown, self._state.journal.all()))})

    async def clear_requests(self, _request: Request) -> Response:
        self._state.journal.clear()
        return _done()

    async def add_fault(self, request: Request) -> Response:
        described = _decoded(await _body(request), FaultDescription)
        try:
            self._state.faults.add(plan.fault(**msgspec.structs.asdict(described)))
        except FaultError as error:
            raise BadRequestError(str(error)) from None
        return _done()

    async def clear_faults(self, _request: Request) -> Response:
        self._state.faults.clear()
        return _done()

    async def set_grease(self, request: Request) -> Response:
        described = _decoded(await _body(request), GreaseDescription)
        self._state.oddities.seed = described.seed
        return _done()

    async def engine(self, _request: Request) -> Response:
        engine, departures = self._switch().imitation.resolve()
        return _json(
            EngineDescription(
                engine=engine.name,
                api_min=str(engine.oldest),
                api_max=str(engine.newest),
                departures=tuple(each.name for each in departures),
            )
        )

    async def set_engine(self, request: Request) -> Response:
        described = _decoded(await _body(request), EngineDescription)
        try:
            self._switch().imitate(Imitation(**msgspec.structs.asdict(described)))
        except ServeError as error:
            raise BadRequestError(str(error)) from None
        return _done()

    def _switch(self) -> EngineSwitch:
        if self._state.engine is None:
            raise ConflictError("each address of this server names its engine, which never changes")
        return self._state.engine


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            raise TooLargeError(f"the body has more than {_LARGEST} bytes")
    return bytes(body)


_T = TypeVar("_T")


def _decoded(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError(f"the request: {error}") from None


def _shown(request: RecordedRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": request.target,
        "path": request.path,
        "api_version": request.api_version,
        "query": request.query,
        "headers": request.headers,
        "http_version": request.http_version,
        "status": request.status,
        "duration": request.duration,
        "problems": request.problems,
    }


def _json(value: Any) -> Response:
    return responses.json_body(msgspec.json.encode(value) + b"\n")


def _done() -> Response:
    return Response(status_code=204)


async def _unknown(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)
