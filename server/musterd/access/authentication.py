"""Letting nobody in who has not signed: verifies every request before anything else sees it.

What was signed is the request as it was received, so this stands outside of all that rewrites
paths. Only `/_ping` is answered to everybody: it tells that the server is there, and what it
speaks, to clients that ask before they sign, and to whoever watches over the server.
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
# How many requests may be refused at once, and each second after that, and be told why.
_BURST, _RATE = 60, 1.0
# The same for all keys from one address together.
_ADDRESS_BURST, _ADDRESS_RATE = 240, 4.0


class Credentials(Protocol):
    """Those who may ask."""

    def find(self, access_key: str) -> Credential | None:
        """Return the credential with an access key, if there is one."""
        ...


class Authentication:
    """Verifies requests, and tells the application whose images each is about.

    Args:
        app: What answers those that are good.
        credentials: Who may ask.
        store: Where signatures are kept that were used.
        policy: What else a signature must say.
        clock: The time, in seconds since 1970.
        ticks: Seconds that never go back.
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
        """Handle one request; anything but HTTP goes through untouched.

        Raises:
            RequestError: The request is not signed as it must be.
            MusterdError: Whether it is cannot be found out.
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
                # Whoever guesses does not get more than these two comparisons for it.
                self._check(claim)
            credential = self._identified(request, claim)
            self._check(claim)
            use = None if scope["method"] in _SAFE else partial(self._use, credential, claim)
            body = SignedBody(receive, claim.content_hash, use)
            # The operation must not begin before the whole request is known to be good; but one
            # reads its body to the end before it changes anything.
            if not await body.read_ahead() and not _is_load(scope):
                raise TooLargeError(f"the body has more than {AHEAD} bytes")
        except (UnauthenticatedError, ForbiddenError):
            self._count(address, key)
            raise
        return credential, body

    def _wait(self, address: str, key: tuple[str, str]) -> int:
        """Return for how many seconds a request that is refused is not told why."""
        return max(self._by_address.seconds(address), self._by_key.seconds(key))

    def _count(self, address: str, key: tuple[str, str]) -> None:
        """Count a request that is refused.

        A correctly signed request is never throttled: failures may come from others behind the same
        address or with the same access key.

        Raises:
            TooManyError: There were too many, so that nobody should be told what is wrong.
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
        """Refuse what is genuine, and not for here or now."""
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
        """Let a request that changes something happen once.

        Its body may have taken its time: the signature must still be valid now, and what is
        remembered of it outlives that by more than a request can take.

        Raises:
            ForbiddenError: It did before, or its time has run out.
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
