"""Verify the signature of every request before anything else handles it.

The signature covers the request as received, so this comes before any middleware that rewrites
paths. Only `/_ping` is open to everybody: clients use it to negotiate the API version before they
sign, and monitoring uses it for health checks.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPMethod
from typing import Protocol

from anyio import to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.access import signature
from musterd.access.credentials import Credential
from musterd.access.policy import SignaturePolicy
from musterd.access.signature import Claim, SignedRequest
from musterd.access.signed_body import AHEAD, SignedBody
from musterd.access.throttle import Throttle
from musterd.contract.versions import split_version
from musterd.errors import (
    ForbiddenError,
    RequestError,
    TooLargeError,
    TooManyError,
    UnauthenticatedError,
)
from musterd.http.peers import client_network
from musterd.storage import accounts
from musterd.storage.store import ImageStore

_LOG = logging.getLogger(__name__)
_SAFE = frozenset({HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS})
_PING = (HTTPMethod.GET, HTTPMethod.HEAD)
# The refused requests that get an explanation: a burst, and then a number per second.
_BURST, _RATE = 60, 1.0
# The same for all access keys from one address together.
_ADDRESS_BURST, _ADDRESS_RATE = 240, 4.0


class Credentials(Protocol):
    """The known credentials."""

    def find(self, access_key: str) -> Credential | None:
        """Return the credential with this access key; None if there is none."""
        ...


class Authentication:
    """Verify requests, and pass each one's account to the application.

    Args:
        app: The application for verified requests.
        credentials: The known credentials.
        store: The store of used signatures.
        policy: Further requirements of a signature.
        clock: Returns the seconds since 1970.
        ticks: Returns the seconds of a monotonic clock.
    """

    def __init__(
        self,
        app: ASGIApp,
        credentials: Credentials,
        store: ImageStore,
        policy: SignaturePolicy | None = None,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._store = store
        self._policy = policy or SignaturePolicy()
        self._clock = clock
        self._by_key = Throttle(_BURST, _RATE, ticks)
        self._by_address = Throttle(_ADDRESS_BURST, _ADDRESS_RATE, ticks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged.

        Raises:
            RequestError: The request has no valid signature.
            MusterdError: The signature cannot be checked.
        """
        if scope["type"] != "http" or _is_ping(scope):
            await self._app(scope, receive, send)
            return
        try:
            credential, body = await self._verified(scope, receive)
        except RequestError as error:
            _LOG.info("refused a request from %s: %s", _network(scope), error)
            raise
        await self._app({**scope, accounts.SCOPE_KEY: credential.account}, body, send)

    async def _verified(self, scope: Scope, receive: Receive) -> tuple[Credential, Receive]:
        address = _network(scope)
        key = (address, "")
        try:
            request = SignedRequest(
                scope["method"],
                scope["raw_path"],
                scope["query_string"],
                tuple(scope["headers"]),
            )
            claim = signature.read(request)
            key = (address, claim.access_key)
            if self._wait(address, key):
                # Limit what guessing can gain to these two comparisons.
                self._check(claim)
            credential = self._identified(request, claim)
            self._check(claim)
            use = None if scope["method"] in _SAFE else partial(self._use, credential, claim)
            body = SignedBody(receive, claim.content_hash, use)
            # No operation may start before the whole request is verified. Loading images is an
            # exception: it reads the whole body before it changes anything.
            if not await body.read_ahead() and not _is_load(scope):
                raise TooLargeError(f"the body has more than {AHEAD} bytes")
        except (UnauthenticatedError, ForbiddenError):
            self._count(address, key)
            raise
        return credential, body

    def _wait(self, address: str, key: tuple[str, str]) -> int:
        """Return for how many seconds a refused request gets no explanation."""
        return max(self._by_address.seconds(address), self._by_key.seconds(key))

    def _count(self, address: str, key: tuple[str, str]) -> None:
        """Count a refused request.

        A correctly signed request is never throttled: failures may come from others behind the same
        address or with the same access key.

        Raises:
            TooManyError: There were too many to explain this one.
        """
        seconds = self._wait(address, key)
        if seconds:
            raise TooManyError(
                f"too many requests from here were refused; wait {seconds} s before the next",
                seconds,
            ) from None
        self._by_address.count(address)
        self._by_key.count(key)

    def _identified(self, request: SignedRequest, claim: Claim) -> Credential:
        credential = self._credentials.find(claim.access_key)
        if credential is None:
            raise UnauthenticatedError(f"the access key {claim.access_key} is not known here")
        canonical = signature.canonical_request(request, claim)
        if not signature.is_genuine(credential.secret_key, claim, canonical):
            raise UnauthenticatedError(
                "the signature is wrong: check the secret key; the SHA-256 of the canonical "
                f"request, as received, is {hashlib.sha256(canonical).hexdigest()}"
            )
        return credential

    def _check(self, claim: Claim) -> None:
        """Refuse a genuine signature for another region or time."""
        if claim.region != self._policy.region:
            raise ForbiddenError(
                f"the request is signed for the region {claim.region!r}; this server is in "
                f"{self._policy.region!r}"
            )
        now = self._clock()
        if abs(now - claim.time.timestamp()) > self._policy.window:
            shown = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
            kind = "has expired" if claim.time.timestamp() < now else "is not valid yet"
            raise ForbiddenError(
                f"the signature {kind}: X-Hyper-Date may be {self._policy.window} s from the "
                f"server's clock, which shows {shown}"
            )

    async def _use(self, credential: Credential, claim: Claim) -> None:
        """Allow a request that changes something only once.

        The body may have taken long to arrive, so the signature must still be valid now. The record
        of a signature outlives its validity by more than the longest request.

        Raises:
            ForbiddenError: The signature was used before, or has expired.
        """
        self._check(claim)
        expires = int(claim.time.timestamp()) + self._policy.window + self._policy.longest_request
        store = self._store.of(credential.account)
        remember = partial(store.use_signature, claim.signature, expires, int(self._clock()))
        if not await to_thread.run_sync(remember):
            raise ForbiddenError(
                "this signature was used before, and a request that changes something is done "
                "once; sign it anew, with another X-Hyper-Date"
            )


def _is_ping(scope: Scope) -> bool:
    return scope["method"] in _PING and _rest(scope) == "/_ping"


def _is_load(scope: Scope) -> bool:
    return scope["method"] == HTTPMethod.POST and _rest(scope) == "/images/load"


def _rest(scope: Scope) -> str:
    return split_version(scope["path"])[1]


def _network(scope: Scope) -> str:
    return client_network(scope["client"][0] if scope.get("client") else None)
