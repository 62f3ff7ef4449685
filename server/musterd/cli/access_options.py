"""The options of ``musterd serve`` that say who may ask, and how."""

import functools
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from musterd.access import credentials
from musterd.access.credentials import CredentialFile
from musterd.cli.limit_options import size
from musterd.errors import ServeError
from musterd.http import tls
from musterd.http.sockets import Address, is_local
from musterd.settings import (
    DEFAULT_REGION,
    DEFAULT_WINDOW,
    AccessRules,
    ConnectionLimits,
    Protection,
)

_FILE = click.Path(dir_okay=False, path_type=Path)


def access_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, which reach it as its argument `given`."""
    limits = ConnectionLimits()

    @functools.wraps(command)
    def with_access(*args: Any, **kwargs: Any) -> None:
        given = Given(**{name: kwargs.pop(name) for name in Given.__dataclass_fields__})
        command(*args, given=given, **kwargs)

    decorated: Callable[..., None] = with_access
    for option in reversed(
        (
            click.option(
                "--credentials",
                "credentials_file",
                type=_FILE,
                help="Keys whose signatures are verified.  [default: those of `musterd "
                "credentials`, if there are any]",
            ),
            click.option(
                "--insecure",
                is_flag=True,
                help="Verify nothing, even where others can connect: they can read and change "
                "everything.",
            ),
            click.option(
                "--region",
                default=DEFAULT_REGION,
                show_default=True,
                help="The region that signatures must be for.",
            ),
            click.option(
                "--clock-window",
                metavar="SECONDS",
                type=click.IntRange(1, 24 * 60 * 60),
                default=DEFAULT_WINDOW,
                show_default=True,
                help="How far a signature's time may be from the server's clock, either way.",
            ),
            click.option(
                "--tls-cert",
                type=_FILE,
                help="Speak TLS on every TCP address, with the certificate in this file (PEM).",
            ),
            click.option("--tls-key", type=_FILE, help="Its private key, if not in the same file."),
            click.option(
                "--tls-client-ca",
                type=_FILE,
                help="Demand certificates of clients that these roots have signed.",
            ),
            click.option(
                "--name",
                "names",
                metavar="HOST",
                multiple=True,
                help="A name with dots by which clients call a server on loopback without "
                "credentials. May be given several times.",
            ),
            click.option(
                "--max-connections",
                type=click.IntRange(min=1),
                default=limits.connections,
                show_default=True,
                help="Connections at a time, to each worker.",
            ),
            click.option(
                "--max-head-size",
                type=size,
                metavar="SIZE",
                default="256K",
                show_default=True,
                help="Bytes of a request's line and headers.",
            ),
            click.option(
                "--patience",
                metavar="SECONDS",
                type=click.FloatRange(min=0, min_open=True),
                default=limits.patience,
                show_default=True,
                help="How long to wait for a client that does not go on.",
            ),
            click.option(
                "--max-request-time",
                metavar="SECONDS",
                type=click.FloatRange(min=0, min_open=True),
                default=limits.request_time,
                show_default=True,
                help="How long a request and its answer may take.",
            ),
        )
    ):
        decorated = option(decorated)
    return decorated


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The options as they were given."""

    credentials_file: Path | None
    insecure: bool
    region: str
    clock_window: int
    tls_cert: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None
    names: Sequence[str]
    max_connections: int
    max_head_size: int
    patience: float
    max_request_time: float

    def protection(self, addresses: Sequence[Address], *, sample: bool) -> Protection:
        """Return what they come to for a server on *addresses*.

        Args:
            addresses: Where it is going to listen.
            sample: Whether it serves what anybody may see.

        Raises:
            UsageError: They contradict each other.
            CredentialsError: The file with the credentials cannot be used.
            ServeError: Others could connect, and nothing would keep them from anything.
            AddressError: An address is the name of no host.
        """
        if self.tls_cert is None and (self.tls_key or self.tls_client_ca):
            raise click.UsageError("--tls-key and --tls-client-ca need --tls-cert.")
        if self.insecure and self.credentials_file:
            raise click.UsageError("--insecure verifies nothing: leave out --credentials, or it.")
        found, warnings = self._found(sample=sample)
        reachable = [each for each in addresses if not is_local(each)]
        if found is None and not self.tls_client_ca and reachable:
            if not self.insecure:
                raise ServeError(
                    f"others can reach {reachable[0]}, and nothing would keep them from reading "
                    "and changing everything: add credentials with `musterd credentials add`, or "
                    "demand certificates with --tls-client-ca; --insecure serves nevertheless"
                )
            warnings.append(
                f"WARNING: whoever can reach {reachable[0]} can read and change everything"
            )
        if found is not None and self.tls_cert is None and reachable:
            warnings.append(
                f"warning: what goes to and from {reachable[0]} can be read on its way; encrypt "
                "it with --tls-cert"
            )
        return Protection(
            credentials=found,
            rules=AccessRules(region=self.region, window=self.clock_window),
            tls=self._tls(),
            names=None if reachable else frozenset(name.lower() for name in self.names),
            connections=ConnectionLimits(
                connections=self.max_connections,
                head_size=self.max_head_size,
                patience=self.patience,
                request_time=self.max_request_time,
            ),
            warnings=tuple(warnings),
        )

    def _tls(self) -> ssl.SSLContext | None:
        if self.tls_cert is None:
            return None
        return tls.context(self.tls_cert, self.tls_key, self.tls_client_ca)

    def _found(self, *, sample: bool) -> tuple[CredentialFile | None, list[str]]:
        file = CredentialFile(self.credentials_file or credentials.default_path())
        if self.credentials_file is None:
            if sample or not file.exists():
                return None, []
            if self.insecure:
                return None, [f"WARNING: the credentials in {file.path} are not asked for"]
        # What is wrong with it shows before anybody asks.
        file.all()
        return file, []
