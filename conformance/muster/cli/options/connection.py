"""Options of commands that send requests: how to reach the server, and how fast to ask."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click
import cloup

from muster.cli.options.collected import collected
from muster.transport import headers as custom_headers
from muster.transport.rate_limit import RateLimiter, TimeLimit
from muster.transport.settings import ConnectionOptions
from muster.transport.tls import ClientTls

FILE = click.Path(dir_okay=False, path_type=Path)
POSITIVE = click.FloatRange(min=0, min_open=True)


def _options(  # noqa: PLR0917 - click passes them by name
    timeout: float,
    max_time: float | None,
    rate: float | None,
    wait: float,
    headers: tuple[str, ...],
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_verify: bool | None,  # noqa: FBT001 - as above
    hyper_credentials: Path | None,
) -> ConnectionOptions:
    given = ConnectionOptions.of(os.environ)
    return replace(
        given,
        timeout=timeout,
        rate_limiter=None if rate is None else RateLimiter(rate),
        limit=TimeLimit(max_time),
        wait=wait,
        headers=custom_headers.parse(headers) + given.headers,
        tls=_tls(given.docker.tls, (tls_ca, tls_cert, tls_key), verify=tls_verify),
        credentials_file=hyper_credentials,
    )


def _tls(
    docker: ClientTls | None, files: tuple[Path | None, ...], *, verify: bool | None
) -> ClientTls | None:
    """Return the settings of the options, completed from Docker's environment."""
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


connection_options = collected(
    "connection",
    _options,
    cloup.option_group(
        "Connection",
        cloup.option(
            "--timeout",
            metavar="SECONDS",
            default=30.0,
            show_default=True,
            type=POSITIVE,
            help="Wait this long for each whole response; a server that trickles bytes does not "
            "extend it.",
        ),
        cloup.option(
            "--max-time",
            metavar="SECONDS",
            type=POSITIVE,
            help="Stop after this many seconds and report what was not checked.",
        ),
        cloup.option(
            "--rate", metavar="N", type=POSITIVE, help="Send at most N requests a second."
        ),
        cloup.option(
            "--wait",
            metavar="SECONDS",
            default=0.0,
            type=click.FloatRange(min=0),
            help="Wait up to this long for a server that is still starting.",
        ),
        cloup.option(
            "--header",
            "headers",
            metavar="'NAME: VALUE'",
            multiple=True,
            help="Send this header with every request; repeatable. MUSTER_HEADERS holds further "
            "ones, one a line. No report shows the values.",
        ),
        cloup.option(
            "--hyper-credentials",
            metavar="FILE",
            type=FILE,
            help="Sign every request with the keys in this file, which has the form of "
            "~/.hyper/config.json.  [default: HYPER_ACCESS and HYPER_SECRET, if set]",
        ),
    ),
    cloup.option_group(
        "TLS",
        cloup.option(
            "--tls-ca",
            metavar="FILE",
            type=FILE,
            help="Trust only the CA certificates in this PEM file.  [default: the system's, or "
            "those in DOCKER_CERT_PATH]",
        ),
        cloup.option(
            "--tls-cert",
            metavar="FILE",
            type=FILE,
            help="Present this client certificate (PEM).",
        ),
        cloup.option(
            "--tls-key",
            metavar="FILE",
            type=FILE,
            help="The client certificate's private key, if it is in another file.",
        ),
        cloup.option(
            "--tls-verify/--no-tls-verify",
            default=None,
            help="Speak TLS with a server at tcp://, and verify its certificate or not.",
        ),
    ),
)
