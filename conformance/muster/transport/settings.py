"""Connection settings from the command line and the environment."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from muster.errors import UsageError
from muster.model.exchange import Request
from muster.model.version import SUPPORTED_VERSIONS, ApiVersion
from muster.register.requirements import Need
from muster.transport import docker_environment, hyper_credentials
from muster.transport import headers as custom_headers
from muster.transport.config import TransportConfig
from muster.transport.curl import CurlOptions
from muster.transport.docker_contexts import DEFAULT, DockerContext
from muster.transport.docker_environment import DockerEnvironment
from muster.transport.rate_limit import RateLimiter, TimeLimit
from muster.transport.redaction import Redaction
from muster.transport.signing import Credentials
from muster.transport.target import Target, parse_target
from muster.transport.tls import ClientTls
from muster.transport.transport import Transport, reads_only

CONTEXT_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.+-]+")
"""Docker's rule for names of contexts, by which no name is an address."""

STARTING = frozenset({502, 503, 504})
"""Statuses of proxies whose server has not started yet."""

PAUSE = 0.2
"""Seconds between two attempts to reach a server that is still starting."""


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How the suite reaches a server.

    Attributes:
        timeout: Seconds to wait for each response.
        rate_limiter: Limits the request rate; None for no limit.
        limit: Limits the duration of the run.
        wait: Seconds to wait for a server that is still starting.
        headers: Names and values to send with every request.
        docker: What the environment says about Docker's daemon.
        tls: TLS settings from the options, if any.
        credentials_file: The file with the signing keys.
        credentials: Signing keys from the environment.
    """

    timeout: float = 30.0
    rate_limiter: RateLimiter | None = None
    limit: TimeLimit = field(default_factory=TimeLimit)
    wait: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    docker: DockerEnvironment = field(default_factory=DockerEnvironment)
    tls: ClientTls | None = None
    credentials_file: Path | None = None
    credentials: Credentials | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the environment variables.

        Raises:
            UsageError: If one of them is invalid.
        """
        return cls(
            headers=custom_headers.parse((), environment.get(custom_headers.VARIABLE, "")),
            docker=docker_environment.read(environment),
            credentials=hyper_credentials.from_environment(environment),
        )

    def target(self, text: str | None, default: str) -> Target:
        """Return the server that the user means.

        Args:
            text: Its address, or the name of a Docker context; None for the daemon that Docker's
                command line finds.
            default: The address if nothing else gives one.

        Raises:
            UsageError: If *text* is neither, or contradicts the options.
        """
        if not text or text == DEFAULT:
            daemon = self.docker.daemon() or DockerContext(default)
        elif CONTEXT_NAME.fullmatch(text):
            daemon = self.docker.named(text)
        else:
            daemon = DockerContext(text, self.docker.tls)
        tls = self.tls or daemon.tls
        target = replace(parse_target(daemon.host, tls=tls is not None), tls=daemon.tls)
        if self.tls is not None and target.scheme != "https":
            raise UsageError(f"{target} has no TLS, which the options --tls-* are about")
        return target

    def transport(
        self,
        target: Target,
        version: ApiVersion,
        permission: Callable[[Request], bool] = reads_only,
    ) -> Transport:
        """Return a transport to *target*.

        Raises:
            UsageError: If a file of the options cannot be used.
        """
        return Transport(target, version, self.timeout, permission, self._config(target))

    def wait_for(self, target: Target) -> None:
        """Wait until *target* responds, but at most `wait` seconds.

        Raises:
            UsageError: If a file of the options cannot be used.
        """
        deadline = time.monotonic() + self.wait
        while (left := deadline - time.monotonic()) > 0:
            hurried = replace(self, timeout=min(self.timeout, left))
            with hurried.transport(target, SUPPORTED_VERSIONS[0]) as transport:
                response = transport.send(Request("/_ping", version="")).response
            if response is not None and response.status not in STARTING:
                return
            time.sleep(min(PAUSE, left))

    def provided(self, target: Target) -> frozenset[Need]:
        """Return what checks can use besides images."""
        return frozenset() if self.keys(target) is None else frozenset({Need.SIGNED})

    def keys(self, target: Target) -> Credentials | None:
        """Return the keys to sign requests to *target* with; None to send them unsigned.

        Raises:
            UsageError: If the file has no keys, or the user also supplies a signature.
        """
        # A user with keys in the environment may still check a daemon on this machine.
        keys = None if target.scheme == "unix" else self.credentials
        if self.credentials_file:
            keys = hyper_credentials.from_file(self.credentials_file, target)
        if keys and any(name.lower() == "authorization" for name, _ in self.headers):
            raise UsageError("requests are to be signed: leave out the header Authorization")
        return keys

    def redaction(self, target: Target) -> Redaction:
        """Return the secrets to keep out of reports."""
        keys = self.keys(target)
        return Redaction(self.headers, (keys.secret_key,) if keys else ())

    def curl_options(self, target: Target) -> CurlOptions:
        """Return the curl options that *target* needs."""
        tls = self._tls(target) if target.scheme == "https" else ClientTls()
        return CurlOptions(
            headers=tuple(name for name, _ in self.headers),
            cacert=tls.ca if tls.verify else "",
            cert=tls.cert,
            key=tls.key,
            insecure=not tls.verify,
            signed=self.keys(target) is not None,
        )

    def _tls(self, target: Target) -> ClientTls:
        return self.tls or target.tls or ClientTls()

    def _config(self, target: Target) -> TransportConfig:
        return TransportConfig(
            headers=self.headers,
            tls=self._tls(target).context() if target.scheme == "https" else None,
            credentials=self.keys(target),
            rate_limiter=self.rate_limiter,
            limit=self.limit,
            redaction=self.redaction(target),
        )
