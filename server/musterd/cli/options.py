"""The options of the commands, in the groups that ``--help`` shows.

Options that belong together reach a command as one frozen data class, whose fields are the names of
their parameters (`collected`).
"""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import cloup

from musterd.access.policy import DEFAULT_REGION, DEFAULT_WINDOW
from musterd.api.middleware import response_cache
from musterd.archives.limits import Limits
from musterd.contract import engines
from musterd.departures.imitation import Imitation
from musterd.http.limits import ConnectionLimits
from musterd.storage import accounts, catalogue
from musterd.storage.store import ImageStore

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

_SIZE = re.compile(r"(?P<number>[0-9]{1,15})(?P<unit>[KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_FILE = click.Path(dir_okay=False, path_type=Path)
_SECONDS = click.FloatRange(min=0, min_open=True)
_LIMITS = ConnectionLimits()
_ARCHIVES = Limits()


def size(text: str) -> int:
    """Read a number of bytes, possibly in units of 1024 and its powers."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a size; write 512M or 4G.")
    return int(found["number"]) * _UNITS[found["unit"].upper()]


def shown_size(number: int) -> str:
    """Write a size in the largest unit that divides it."""
    unit = next(unit for unit in reversed(_UNITS) if number % _UNITS[unit] == 0)
    return f"{number // _UNITS[unit]}{unit}"


def open_store(db: str | None, *, create: bool = True) -> ImageStore:
    """Open the catalogue that ``--db`` names, or else the user's own."""
    return catalogue.open_store(catalogue.default_url() if db is None else db, create=create)


def collected(argument: str, kind: type[Any], *groups: Decorator) -> Decorator:
    """Give a command groups of options, whose values reach it as one argument.

    Args:
        argument: The command's argument.
        kind: A data class, whose fields are named as the options' parameters.
        groups: The options.
    """
    names = [field.name for field in fields(kind)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_options(*args: Any, **kwargs: Any) -> None:
            values = {name: kwargs.pop(name) for name in names}
            command(*args, **{argument: kind(**values)}, **kwargs)

        decorated: Callable[..., None] = with_options
        for group in reversed(groups):
            decorated = group(decorated)
        return decorated

    return decorate


def _size_option(name: str, parameter: str, default: int, text: str) -> Decorator:
    return cloup.option(
        name,
        parameter,
        type=size,
        metavar="SIZE",
        default=shown_size(default),
        show_default=True,
        help=text,
    )


db_option = cloup.option(
    "--db",
    metavar="URL",
    help="The catalogue's database: sqlite:///PATH, or postgresql://HOST/DATABASE as psql takes it."
    "  [default: a file in your data directory]",
)
account_option = cloup.option(
    "--account",
    metavar="NAME",
    default=accounts.DEFAULT,
    show_default=True,
    help="Whose catalogue it is; see `musterd credentials`.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOptions:
    """The options for access control."""

    credentials_file: Path | None
    insecure: bool
    region: str
    clock_window: int
    host_names: Sequence[str]
    tls_cert: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None
    max_connections: int
    max_connections_per_address: int | None
    max_head_size: int
    idle_timeout: float
    max_request_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingOptions:
    """How much of the machine to use.

    Attributes:
        workers: Processes.
        response_cache: Bytes of responses that each of them keeps.
    """

    workers: int
    response_cache: int


access_options = collected(
    "access",
    AccessOptions,
    cloup.option_group(
        "Access",
        cloup.option(
            "--credentials",
            "credentials_file",
            type=_FILE,
            help="Keys whose signatures are verified.  [default: those of `musterd credentials`, "
            "if there are any]",
        ),
        cloup.option(
            "--insecure",
            is_flag=True,
            help="Verify nothing, even where others can connect: they can read and change "
            "everything.",
        ),
        cloup.option(
            "--region",
            default=DEFAULT_REGION,
            show_default=True,
            help="The region that signatures must be for.",
        ),
        cloup.option(
            "--clock-window",
            metavar="SECONDS",
            type=click.IntRange(1, 24 * 60 * 60),
            default=DEFAULT_WINDOW,
            show_default=True,
            help="How far a signature's time may be from the server's clock, either way.",
        ),
        cloup.option(
            "--host-name",
            "host_names",
            metavar="HOST",
            multiple=True,
            help="A name with dots by which clients call a server on loopback without "
            "credentials. May be given several times.",
        ),
    ),
    cloup.option_group(
        "Encryption",
        cloup.option(
            "--tls-cert",
            type=_FILE,
            help="Speak TLS on every TCP address, with the certificate in this file (PEM).",
        ),
        cloup.option("--tls-key", type=_FILE, help="Its private key, if not in the same file."),
        cloup.option(
            "--tls-client-ca",
            type=_FILE,
            help="Require clients to have certificates signed by the CAs in this file (PEM).",
        ),
    ),
    cloup.option_group(
        "Connections",
        cloup.option(
            "--max-connections",
            type=click.IntRange(min=1),
            default=_LIMITS.connections,
            show_default=True,
            help="Connections at a time, to each worker.",
        ),
        cloup.option(
            "--max-connections-per-address",
            metavar="INTEGER",
            type=click.IntRange(min=1),
            help="Those that one address may have; set it as high as --max-connections behind a "
            "proxy.  [default: half of them]",
        ),
        _size_option(
            "--max-head-size",
            "max_head_size",
            _LIMITS.head_size,
            "Bytes of a request's line and headers.",
        ),
        cloup.option(
            "--idle-timeout",
            metavar="SECONDS",
            type=_SECONDS,
            default=_LIMITS.idle_timeout,
            show_default=True,
            help="Seconds to wait for a stalled client.",
        ),
        cloup.option(
            "--max-request-time",
            metavar="SECONDS",
            type=_SECONDS,
            default=_LIMITS.request_time,
            show_default=True,
            help="Seconds that a request and its response may take.",
        ),
    ),
)


engine_options = collected(
    "imitation",
    Imitation,
    cloup.option_group(
        "Engine",
        cloup.option(
            "--engine",
            metavar="NAME",
            default=engines.ANY.name,
            show_default=True,
            help="What to imitate; `musterd engines` lists the names.",
        ),
        cloup.option(
            "--api-min",
            metavar="VERSION",
            help="The oldest API version to serve.  [default: the engine's]",
        ),
        cloup.option(
            "--api-max",
            metavar="VERSION",
            help="The newest API version to serve.  [default: the engine's]",
        ),
        cloup.option(
            "--depart",
            "departures",
            metavar="REQUIREMENT,...",
            multiple=True,
            help="Break these requirements of `muster list`, as some engine does; `musterd "
            "departures` lists those that can be broken.",
        ),
    ),
)

serving_options = collected(
    "serving",
    ServingOptions,
    cloup.option_group(
        "Resources",
        cloup.option(
            "--workers",
            type=click.IntRange(min=1, max=64),
            default=1,
            show_default=True,
            help="Processes that serve the same addresses; more than one per core does not help.",
        ),
        _size_option(
            "--response-cache",
            "response_cache",
            response_cache.DEFAULT_SIZE,
            "Bytes of responses that each worker caches until the catalogue changes; 0 keeps none.",
        ),
    ),
)

archive_options = collected(
    "limits",
    Limits,
    cloup.option_group(
        "Archives",
        _size_option(
            "--max-archive-size",
            "archive_size",
            _ARCHIVES.archive_size,
            "Bytes of an archive, as it is sent: 512M, 4G.",
        ),
        _size_option(
            "--max-unpacked-size",
            "unpacked_size",
            _ARCHIVES.unpacked_size,
            "Bytes of an archive after decompression.",
        ),
        _size_option(
            "--max-document-size",
            "document_size",
            _ARCHIVES.document_size,
            "Bytes of a manifest or config in an archive.",
        ),
        cloup.option(
            "--max-files",
            "entries",
            type=click.IntRange(min=1),
            default=_ARCHIVES.entries,
            show_default=True,
            help="Files, links and directories in an archive and its layers.",
        ),
    ),
)
