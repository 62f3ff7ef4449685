"""Requests to one registry about one repository, within bounds.

The OCI distribution specification 1.1, with the tokens of distribution's ``docs/spec/auth``. A
session asks named registries only (`musterd.registry.addresses`), wherever a registry redirects it
or tells it to get a token, and sends credentials to the registry and its token server alone. It
reads no more than a limit of any body, and waits only some seconds for the next piece.
"""

import base64
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
import msgspec

from musterd.errors import RegistryError, RequestError
from musterd.registry import challenges
from musterd.registry.addresses import Registries, RegistryAddress, origin
from musterd.registry.challenges import Challenge
from musterd.registry.credentials import NONE, RegistryCredentials
from musterd.registry.refusals import AbsentError, DeniedError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_FIRST_ERROR = 400
# Bytes of an error, and of the response of a token server.
_ERROR_SIZE = 2**16
_SHOWN = 300
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")
# The name by which clients call themselves to token servers.
_CLIENT = "musterd"


class _Error(msgspec.Struct):
    code: str = "UNKNOWN"
    message: str = ""

    def __str__(self) -> str:
        # distribution ``registry/api/errcode/errors.go:Error``.
        code = self.code.replace("_", " ").lower()
        text = f"{code}: {self.message or code}"
        return _UNPRINTABLE.sub(" ", text)[:_SHOWN]


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


class _Token(msgspec.Struct):
    token: str = ""
    access_token: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response whose body has been read.

    Attributes:
        status: The status.
        headers: The headers; their names may have any case.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Session:
    """Requests about a repository of a registry; close it after use."""

    def __init__(  # noqa: PLR0917  # see `musterd.registry.connections`
        self,
        http: httpx.AsyncClient,
        registries: Registries,
        address: RegistryAddress,
        repository: str,
        credentials: RegistryCredentials = NONE,
        actions: str = "pull",
    ) -> None:
        """Create a session.

        Args:
            http: Sends the requests, without following redirects or adding headers of its own.
            registries: The registries that may be asked.
            address: The registry to ask.
            repository: The repository, without the name of the registry.
            credentials: Those of the client.
            actions: What the session is for: ``pull``, or ``pull,push``.
        """
        self._http = http
        self._registries = registries
        self.address = address
        self.repository = repository
        self._credentials = credentials
        self._actions = actions
        self._authorization = ""
        if credentials.registrytoken:
            self._authorization = f"Bearer {credentials.registrytoken}"

    def beside(self, repository: str) -> "Session":
        """Return a session that reads another repository of the registry, and is closed with this.

        Args:
            repository: The repository, without the name of the registry.
        """
        return Session(self._http, self._registries, self.address, repository, self._credentials)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def url(self, path: str) -> str:
        """Return the URL of something in the repository: ``manifests/latest``."""
        return f"{self.address.url}/v2/{self.repository}/{path}"

    async def ask(
        self,
        method: str,
        url: str,
        limit: int = _ERROR_SIZE,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send a request, and read the response.

        Args:
            method: The method.
            url: The URL.
            limit: The most bytes to read.
            headers: Headers of the request.
            body: Its body.

        Raises:
            DeniedError: The registry refuses to show that.
            AbsentError: The registry does not have it.
            RegistryError: The registry cannot be asked, or fails, or sends too much.
        """
        async with self.stream(method, url, headers=headers, body=body) as response:
            found = await _read(response, limit)
            return Answer(response.status_code, response.headers, found)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> AsyncIterator[httpx.Response]:
        """Send a request like `ask`, and leave it to the caller to read the body."""
        with _reporting(url):
            response = await self._send(method, url, headers or {}, body)
            if response.status_code == _UNAUTHORIZED:
                await self._authorize(response)
                response = await self._send(method, url, headers or {}, body)
            try:
                if response.status_code >= _FIRST_ERROR:
                    raise await _failure(response, method)
                yield response
            finally:
                await response.aclose()

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        """Send a request, and follow redirects to named registries."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._send_once(method, url, headers, body)
            if response.status_code not in _REDIRECTS:
                return response
            await response.aclose()
            if method not in {"GET", "HEAD"}:
                raise RegistryError(f"{self.address.name} redirects a {method}")
            url = urljoin(url, response.headers.get("location", ""))
        raise RegistryError(f"{self.address.name} redirects more than {_MOST_REDIRECTS} times")

    async def _send_once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        self._check(url)
        sent = {**headers, "Accept-Encoding": "identity", "User-Agent": _CLIENT}
        if self._authorization and origin(url) == origin(self.address.url):
            sent["Authorization"] = self._authorization
        request = self._http.build_request(method, url, headers=sent, content=body)
        return await self._http.send(request, stream=True)

    def _check(self, url: str) -> None:
        if not self._registries.allow(url):
            found = origin(url)
            where = "an invalid URL" if found is None else f"{found[0]}://{found[1]}:{found[2]}"
            raise RegistryError(
                f"{self.address.name} refers to {_printable(where)}, which musterd does not ask; "
                "name it with --registry too"
            )

    async def _authorize(self, response: httpx.Response) -> None:
        """Get what authorizes the next request, as the registry demands."""
        await response.aclose()
        challenge = challenges.parse(response.headers.get("www-authenticate", ""))
        if challenge is not None and challenge.scheme == "bearer":
            token = await self._token(challenge)
            self._authorization = f"Bearer {token}"
        elif challenge is not None and challenge.scheme == "basic" and self._credentials.username:
            self._authorization = _basic(self._credentials)
        else:
            raise RegistryError(f'Get "{self.address.url}/v2/": no basic auth credentials')

    async def _token(self, challenge: Challenge) -> str:
        given, realm = challenge.parameters, challenge.parameters.get("realm", "")
        self._check(realm)
        wanted = {
            "service": given.get("service", ""),
            "scope": f"repository:{self.repository}:{self._actions}",
        }
        headers = {"Accept-Encoding": "identity", "User-Agent": _CLIENT}
        if self._credentials.identitytoken:
            form = {
                **wanted,
                "grant_type": "refresh_token",
                "client_id": _CLIENT,
                "refresh_token": self._credentials.identitytoken,
            }
            request = self._http.build_request("POST", realm, headers=headers, data=form)
        else:
            if self._credentials.username:
                headers["Authorization"] = _basic(self._credentials)
                wanted["account"] = self._credentials.username
            request = self._http.build_request("GET", realm, headers=headers, params=wanted)
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
                raise RegistryError("unauthorized: incorrect username or password")
            if response.status_code != 200:  # noqa: PLR2004  # OK
                raise RegistryError(f"the token server says {response.status_code}")
            found = _decoded(await _read(response, _ERROR_SIZE), _Token)
        finally:
            await response.aclose()
        token = "" if found is None else found.token or found.access_token
        if not token or _UNPRINTABLE.search(token):
            raise RegistryError("the token server sends no token")
        return token


@contextmanager
def _reporting(url: str) -> Iterator[None]:
    """Turn the errors of httpx into a message like Docker's."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = _printable(str(error)) or type(error).__name__
        raise RegistryError(f'Get "{url}": {reason}') from None


async def _read(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > limit:
            raise RegistryError(f"a response of the registry has more than {limit} bytes")
    return bytes(body)


async def _failure(response: httpx.Response, method: str) -> RequestError:
    """Return the error for a response that is one."""
    body = b"" if method == "HEAD" else await _read(response, _ERROR_SIZE)
    found = _decoded(body, _Errors)
    first = found.errors[0] if found is not None and found.errors else None
    text = f"the registry says {response.status_code}" if first is None else str(first)
    if response.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
        return DeniedError(text)
    return AbsentError(text) if response.status_code == _NOT_FOUND else RegistryError(text)


def _decoded(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _basic(credentials: RegistryCredentials) -> str:
    pair = f"{credentials.username}:{credentials.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)[:_SHOWN]
