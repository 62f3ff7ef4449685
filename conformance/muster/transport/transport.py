"""Sends requests to the server under test: over TCP, TLS or a unix socket, byte for byte as given.

Higher-level HTTP clients normalise targets, follow redirects or retry, but a suite must see how the
server handles exactly what it was sent. The only retry is for a server that asks to wait.
"""

from __future__ import annotations

import copy
import http.client
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from muster.errors import Overloaded, TargetError
from muster.model.exchange import Exchange, Request, Response
from muster.model.forgery import GENUINE
from muster.model.version import ApiVersion
from muster.register.requirements import Need
from muster.transport import retry_after, signing
from muster.transport.config import DIRECT, TransportConfig
from muster.transport.connection import Connection, Deadline, connect
from muster.transport.reasons import reason
from muster.transport.target import Target
from muster.transport.tls import ClientTls

SAFE_METHODS = frozenset({"GET", "HEAD"})

ATTEMPTS = 4
"""Maximum attempts to send a request to a server that asks to wait."""

LONGEST_WAIT = 60.0
"""Maximum seconds to wait for such a server; a request for a longer wait is not honoured."""

LONGEST_WAIT_FORGED = 2.0
"""The same for a forged request, which a server may throttle instead of rejecting."""

EXHAUSTED = 3
"""Requests that waited in vain, after which to give up."""

OUTSIDE = re.compile(r"[^!-~\x80-\xff]")
"""Characters that would end or split the request line."""


def reads_only(request: Request) -> bool:
    """Whether *request* cannot change anything on a server."""
    return request.method in SAFE_METHODS


class Transport:
    """One kept-alive connection to a target.

    Args:
        target: The server.
        version: API version, e.g. `1.23`, for requests that do not name one.
        timeout: Seconds to wait for each response, from the start of the request to the last byte.
        permission: Whether a request may be sent; by default only read-only requests may.
        config: How requests are sent.

    Attributes:
        sent: How many requests were sent.
        reopened: How often the server had closed the connection between two requests.
    """

    def __init__(
        self,
        target: Target,
        version: ApiVersion,
        timeout: float = 30.0,
        permission: Callable[[Request], bool] = reads_only,
        config: TransportConfig = DIRECT,
    ) -> None:
        self.target = target
        self.version = version
        self.timeout = timeout
        self.permission = permission
        self.config = config
        self.sent = 0
        self.reopened = 0
        self._exhausted = 0
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def provided(self) -> frozenset[Need]:
        """What checks can use besides images."""
        return frozenset() if self.config.credentials is None else frozenset({Need.SIGNED})

    @property
    def rate_limited(self) -> bool:
        """Whether the request rate is limited."""
        return self.config.rate_limiter is not None

    def another(self) -> Self:
        """Return a copy with a connection of its own."""
        other = copy.copy(self)
        other.sent = other.reopened = 0
        other._connection = None  # noqa: SLF001 - of the same class
        return other

    def without_time_limit(self) -> Self:
        """Return a copy without time limit, for work to finish after the run's time is up."""
        other = self.another()
        other.config = replace(self.config, limit=DIRECT.limit)
        return other

    def open(self, deadline: Deadline) -> Connection:
        """Return a further connection, which the caller closes.

        Raises:
            OSError: If the server cannot be reached before *deadline*.
        """
        tls = None
        if self.target.scheme == "https":
            tls = self.config.tls or ClientTls().context()
        return connect(self.target, deadline, tls)

    def head(self, request: Request) -> bytes:
        """Return the request line and the headers of *request*, as sent.

        Raises:
            TargetError: If the request is not permitted.
        """
        path = request_path(self.target, self.version, request)
        # A target with a line break in it would be two requests.
        if not self.permission(request) or OUTSIDE.search(path):
            raise TargetError(f"refused to send {request.method} {request.target}: not permitted")
        lines = [f"{name}: {value}" for name, value in self.headers(request)]
        if request.absolute:
            path = url_prefix(self.target) + path
        return "\r\n".join([f"{request.method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    def headers(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Return the headers of *request*, with its signature if one is required."""
        own = {"Host": self.target.authority, "User-Agent": "muster", "Accept": "*/*"}
        others = [*self.config.headers, *request.headers]
        given = {name.lower() for name, _ in others}
        headers = [*((name, own[name]) for name in own if name.lower() not in given), *others]
        reads = reads_only(request)
        if request.body or not reads:
            headers.append(("Content-Length", str(len(request.body))))
        if self.config.credentials is None or request.forgery.unsigned:
            return tuple(headers)
        if not reads:
            # Each signature is valid for one change; without this, two in one second would be
            # identical.
            headers.append(("X-Hyper-Nonce", secrets.token_hex(8)))
        path = request_path(self.target, self.version, request)
        signed = request.forgery.signed_target
        whole = request_path(self.target, self.version, replace(request, target=signed))
        return signing.signed(
            signing.Unsigned(request.method, path, tuple(headers), request.body),
            self.config.credentials,
            datetime.now(UTC),
            replace(request.forgery, signed_target=whole if signed else ""),
        )

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, request: Request) -> Exchange:
        """Send *request* and wait for its response.

        If the server closed the connection between two requests, this reconnects once. If the
        server asks to wait, this sends the request again after that time. Any other failure to get
        a response is reported in the exchange's `error`.

        Raises:
            TargetError: If the request is not permitted, in which case nothing is sent; if the time
                of the run is over; or if the server asks to wait again and again.
        """
        is_forged = request.forgery != GENUINE
        longest = LONGEST_WAIT_FORGED if is_forged else LONGEST_WAIT
        waited = 0.0
        for _ in range(ATTEMPTS):
            exchange = self._send(request)
            seconds = self.asks_to_wait(exchange.response)
            if seconds is None:
                return exchange
            waited += seconds
            if waited > longest:
                break
            self.config.limit.sleep(seconds)
        if is_forged:
            return exchange
        self._exhausted += 1
        if self._exhausted >= EXHAUSTED:
            raise Overloaded(
                f"{self.target} has too much to do: it answered {EXHAUSTED} requests again and "
                f"again with a Retry-After, at last of {seconds:g} s: ask later, or with --rate"
            )
        return exchange

    def asks_to_wait(self, response: Response | None) -> float | None:
        """Return the seconds that *response* asks to wait; None if it does not."""
        return retry_after.seconds(response, datetime.now(UTC)) if response else None

    def _send(self, request: Request) -> Exchange:
        """Send *request* once."""
        head = self.head(request)
        if not reads_only(request):
            # Never send a change twice: use only a connection that is known to be alive.
            self.close()
        if self.config.rate_limiter is not None:
            self.config.rate_limiter.wait()
        seconds = max(self.timeout, request.slow)
        deadline = Deadline(min(seconds, self.config.limit.left()))
        self.sent += 1
        reused = self._connection is not None
        try:
            try:
                response, last = self._ask(request, head, deadline)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not reused:
                    raise
                self.reopened += 1
                self.close()
                response, last = self._ask(request, head, deadline)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # If the run's time is over, raise that: the server may not have been slow.
            self.config.limit.left()
            return Exchange(
                request, None, self.config.redaction.text(reason(error, self.target, seconds))
            )
        # Some servers send a body after the response to HEAD, which would corrupt the next
        # response.
        if last or request.method == "HEAD":
            self.close()
        return Exchange(request, response)

    def _ask(self, request: Request, head: bytes, deadline: Deadline) -> tuple[Response, bool]:
        if self._connection is None:
            self._connection = self.open(deadline)
        self._connection.send(head + request.body, deadline)
        return self._connection.receive(request.method, deadline)


def url_prefix(target: Target) -> str:
    """Return the scheme and the authority of *target*, as in a URL; those of HTTP for a socket."""
    scheme = "http" if target.scheme == "unix" else target.scheme
    return f"{scheme}://{target.authority}"


def request_path(target: Target, version: ApiVersion, request: Request) -> str:
    """Return the full request target of *request* at *target*, as sent."""
    segment = f"/v{version}" if request.version is None else request.version
    return target.base + segment + request.target
