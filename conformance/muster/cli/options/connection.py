"""Options of commands that ask a server: how the suite reaches it, and how fast it may ask."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import click

from muster.errors import UsageError
from muster.model.exchange import Request
from muster.model.version import ApiVersion
from muster.register.requirements import Need
from muster.transport import (
    docker_environment,
    hyper_credentials,
)
from muster.transport import (
    headers as custom_headers,
)
from muster.transport.config import Way
from muster.transport.curl import Reach
from muster.transport.docker_environment import DockerEnvironment
from muster.transport.rate_limit import Pace, TimeLimit
from muster.transport.redaction import Redaction
from muster.transport.signing import Credentials
from muster.transport.target import Target, parse_target
from muster.transport.tls import ClientTls
from muster.transport.transport import Transport, reads_only

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(dir_okay=False, path_type=Path)
POSITIVE = click.FloatRange(min=0, min_open=True)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How the suite reaches a server.

    Attributes:
        timeout: seconds to wait for each answer.
        pace: how fast requests may follow each other; None for as fast as can be.
        limit: how long the run may take.
        headers: names and values that are sent with every request.
        docker: what the environment says of Docker's daemon.
        tls: how TLS is spoken, where an option says so.
        credentials_file: where the keys are that requests are signed with.
        credentials: such keys from the environment.
    """

    timeout: float = 30.0
    pace: Pace | None = None
    limit: TimeLimit = field(default_factory=TimeLimit)
    headers: tuple[tuple[str, str], ...] = ()
    docker: DockerEnvironment = field(default_factory=DockerEnvironment)
    tls: ClientTls | None = None
    credentials_file: Path | None = None
    credentials: Credentials | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """What the environment variables say.

        Raises:
            UsageError: if something of it makes no sense.
        """
        return cls(
            headers=custom_headers.parse((), environment.get(custom_headers.VARIABLE, "")),
            docker=docker_environment.read(environment),
            credentials=hyper_credentials.from_environment(environment),
        )

    def target(self, text: str | None, default: str) -> Target:
        """The server that the user means.

        Args:
            text: its address; None for where Docker's command line finds its daemon.
            default: the address if that says nothing.

        Raises:
            UsageError: if it is no address, or one that contradicts the options.
        """
        named = text or self.docker.host or default
        tls = self.tls or self.docker.tls
        target = parse_target(named, tls=tls is not None)
        if self.tls is not None and target.scheme != "https":
            raise UsageError(f"{named} has no TLS, which the options --tls-* are about")
        return target

    def transport(
        self,
        target: Target,
        version: ApiVersion,
        permission: Callable[[Request], bool] = reads_only,
    ) -> Transport:
        """What sends requests to *target*.

        Raises:
            UsageError: if a file of the options cannot be used.
        """
        return Transport(target, version, self.timeout, permission, self._way(target))

    def provided(self, target: Target) -> frozenset[Need]:
        """What requirements can count on, besides images."""
        return frozenset() if self.keys(target) is None else frozenset({Need.SIGNED})

    def keys(self, target: Target) -> Credentials | None:
        """What requests to *target* are signed with; None if they are not.

        Raises:
            UsageError: if the file with the keys has none, or the user signs as well.
        """
        # Who has keys in the environment may still ask a daemon of this machine.
        keys = None if target.scheme == "unix" else self.credentials
        if self.credentials_file:
            keys = hyper_credentials.from_file(self.credentials_file, target)
        if keys and any(name.lower() == "authorization" for name, _ in self.headers):
            raise UsageError("requests are to be signed: leave out the header Authorization")
        return keys

    def redaction(self, target: Target) -> Redaction:
        """What must stand in no report."""
        keys = self.keys(target)
        return Redaction(self.headers, (keys.secret_key,) if keys else ())

    def reach(self, target: Target) -> Reach:
        """What command lines must say of the way to *target*."""
        tls = self._tls() if target.scheme == "https" else ClientTls()
        return Reach(
            headers=tuple(name for name, _ in self.headers),
            cacert=tls.ca if tls.verify else "",
            cert=tls.cert,
            key=tls.key,
            insecure=not tls.verify,
            signed=self.keys(target) is not None,
        )

    def _tls(self) -> ClientTls:
        return self.tls or self.docker.tls or ClientTls()

    def _way(self, target: Target) -> Way:
        return Way(
            headers=self.headers,
            tls=self._tls().context() if target.scheme == "https" else None,
            credentials=self.keys(target),
            pace=self.pace,
            limit=self.limit,
            redaction=self.redaction(target),
        )


def connection_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `connection`."""

    @click.option(
        "--timeout",
        default=30.0,
        show_default=True,
        type=POSITIVE,
        help="Seconds to wait for each answer, as a whole.",
    )
    @click.option(
        "--max-time",
        metavar="SECONDS",
        type=POSITIVE,
        help="How long the whole run may take; what is not checked by then is told.",
    )
    @click.option(
        "--rate", metavar="N", type=POSITIVE, help="Send no more than N requests a second."
    )
    @click.option(
        "--header",
        "headers",
        metavar="'NAME: VALUE'",
        multiple=True,
        help="Send this header with every request; repeatable. MUSTER_HEADERS has such, one a "
        "line. No report shows the values.",
    )
    @click.option(
        "--tls-ca",
        metavar="FILE",
        type=FILE,
        help="Trust these authorities alone (PEM).  [default: the system's, or DOCKER_CERT_PATH's]",
    )
    @click.option("--tls-cert", metavar="FILE", type=FILE, help="Show this certificate (PEM).")
    @click.option(
        "--tls-key", metavar="FILE", type=FILE, help="Its private key, if not in the same file."
    )
    @click.option(
        "--tls-verify/--no-tls-verify",
        default=None,
        help="Speak TLS with a server at tcp://, and verify its certificate, or do not.",
    )
    @click.option(
        "--hyper-credentials",
        metavar="FILE",
        type=FILE,
        help="Sign every request with the keys in this file, as ~/.hyper/config.json has them. "
        "[default: HYPER_ACCESS and HYPER_SECRET, if they are set]",
    )
    @functools.wraps(command)
    def with_connection(
        *args: Any,
        timeout: float,
        max_time: float | None,
        rate: float | None,
        headers: tuple[str, ...],
        tls_ca: Path | None,
        tls_cert: Path | None,
        tls_key: Path | None,
        tls_verify: bool | None,
        hyper_credentials: Path | None,
        **kwargs: Any,
    ) -> Any:
        given = ConnectionOptions.of(os.environ)
        connection = replace(
            given,
            timeout=timeout,
            pace=None if rate is None else Pace(rate),
            limit=TimeLimit(max_time),
            headers=custom_headers.parse(headers) + given.headers,
            tls=_tls(given.docker.tls, (tls_ca, tls_cert, tls_key), verify=tls_verify),
            credentials_file=hyper_credentials,
        )
        return command(*args, connection=connection, **kwargs)

    return with_connection  # type: ignore[return-value]  # click's decorators keep the type


def _tls(
    docker: ClientTls | None, files: tuple[Path | None, ...], *, verify: bool | None
) -> ClientTls | None:
    """What the options say, and where they say nothing, what Docker's environment does."""
    if verify is None and not any(files):
        return None
    there = docker or ClientTls()
    ca, cert, key = (str(file) if file else "" for file in files)
    return ClientTls(
        ca=ca or there.ca,
        cert=cert or there.cert,
        key=key or ("" if cert else there.key),
        verify=there.verify if verify is None else verify,
    )
