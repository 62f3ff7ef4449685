"""Options of commands that ask a server: how the suite reaches it, and how fast it may ask."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.transport import headers as custom_headers
from muster.transport.rate_limit import RateLimiter, TimeLimit
from muster.transport.settings import ConnectionOptions
from muster.transport.tls import ClientTls

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(dir_okay=False, path_type=Path)
POSITIVE = click.FloatRange(min=0, min_open=True)


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
            rate_limiter=None if rate is None else RateLimiter(rate),
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
