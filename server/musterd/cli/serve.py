"""The command ``musterd serve``."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

import click
import cloup

from musterd.access import credentials
from musterd.access.credentials import CredentialFile
from musterd.access.policy import SignaturePolicy
from musterd.archives import reader
from musterd.archives.limits import Limits
from musterd.cli import addresses
from musterd.cli.addresses import ServedAddress
from musterd.cli.client_testing import ClientTesting, ClientTestingOptions, testing_options
from musterd.cli.options import (
    AccessOptions,
    ServingOptions,
    access_options,
    archive_options,
    db_option,
    engine_options,
    open_store,
    serving_options,
)
from musterd.departures.imitation import Imitation
from musterd.errors import ServeError
from musterd.http.limits import ConnectionLimits
from musterd.http.sockets import Address, is_local
from musterd.http.tls import Certificates
from musterd.images.image import Image
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.pullable import PullableImages
from musterd.registry.sources import Sources
from musterd.seeds import addition
from musterd.seeds import files as seed_files
from musterd.seeds.addition import Item
from musterd.settings import ServerSettings
from musterd.storage import accounts, catalogue
from musterd.storage.store import ImageStore

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# Seconds that the server's clock may be set back or that a write waits for the database.
_CLOCK_STEP = 60


@cloup.command()
@cloup.option_group(
    "Catalogue",
    db_option,
    cloup.option(
        "--sample", is_flag=True, help="Serve a small catalogue of oddities instead, from memory."
    ),
    cloup.option(
        "--images",
        "files",
        metavar="FILE",
        multiple=True,
        help="Serve the images in FILE instead, from memory: a description in YAML, or any file "
        "that `musterd import` reads. May be given several times.",
    ),
)
@cloup.option_group(
    "Addresses",
    cloup.option(
        "--listen",
        "listen",
        metavar="ADDRESS",
        multiple=True,
        default=("tcp://127.0.0.1:2375",),
        show_default=True,
        help="Where to listen: tcp://HOST:PORT, or unix:///PATH; ENGINE=ADDRESS imitates another "
        "engine there. May be given several times.",
    ),
)
@engine_options
@cloup.option_group(
    "Registries",
    cloup.option(
        "--registry",
        "registries",
        metavar="HOST[:PORT]",
        multiple=True,
        help="Pull from this registry and push to it: over TLS, or over HTTP on this machine. No "
        "other host is asked, whatever clients and registries say. May be given several times.",
    ),
)
@access_options
@serving_options
@archive_options
@testing_options
def serve(
    db: str | None,
    listen: tuple[str, ...],
    *,
    sample: bool,
    files: tuple[str, ...],
    imitation: Imitation,
    registries: tuple[str, ...],
    access: AccessOptions,
    serving: ServingOptions,
    limits: Limits,
    testing: ClientTestingOptions,
) -> None:
    """Serve the catalogue until interrupted.

    With credentials (`musterd credentials add`) every request must be signed, and is about the
    images of its key's account. Without, whoever can connect can read and change the catalogue:
    only this machine can, unless you say otherwise.
    """
    # The server takes time to load, which the other commands need not wait for.
    from musterd.app import Applications  # noqa: PLC0415
    from musterd.http import server  # noqa: PLC0415

    served = [addresses.parse(text) for text in listen]
    addresses.check(served, imitation)
    asked = Registries(map(RegistryAddress.parse, registries))
    images, pullable = _images(files, limits, sample=sample)
    sources = Sources(asked, PullableImages(pullable))
    in_memory = _is_in_memory(db, images=images, workers=serving.workers)
    wanted = [each.address for each in served]
    settings = server_settings(access, wanted, sample=images is not None)
    for_clients = ClientTesting(testing, settings, serving.workers)
    for warning in settings.warnings:
        click.echo(f"musterd: {warning}", err=True)

    @contextmanager
    def application() -> "Iterator[ASGIApp]":
        opened = open_store(db) if images is None else _filled(images, settings)
        opened.log_outages()
        with closing(opened) as store:
            applications = Applications(
                store,
                limits,
                settings=settings,
                response_cache=serving.response_cache // len({each.engine for each in served}),
                searchable=testing.search_results,
                sources=sources,
            )
            app, engine = addresses.application(applications, served, imitation)
            with for_clients.around(app, store, images, engine, sources.pullable) as around:
                yield around

    if not in_memory:
        # Report problems of the catalogue here, once; it must not be open when the workers fork.
        open_store(db).close()
    server.serve_with_workers(
        application,
        wanted,
        partial(_announce, iter(served)),
        serving.workers,
        tls=settings.tls,
        limits=settings.limits,
        refused=for_clients.refused,
    )


def _images(
    files: Sequence[str], limits: Limits, *, sample: bool
) -> tuple[Sequence[Image] | None, Sequence[Image]]:
    """Return the images to serve from memory, and those to pull; None to serve a database."""
    if not files and not sample:
        return None, ()
    items: list[Item] = []
    if sample:
        with resources.as_file(resources.files("musterd") / "sample.json") as file:
            items += reader.read(str(file))
    for path in files:
        items += seed_files.read(path, limits)
    return addition.resolve(items), addition.pullable(items)


def _is_in_memory(db: str | None, *, images: Sequence[Image] | None, workers: int) -> bool:
    if images is not None and db is not None:
        raise click.UsageError(
            "--sample and --images serve no database: leave out --db, or --sample and --images."
        )
    in_memory = images is not None or (db is not None and catalogue.is_in_memory(db))
    if in_memory and workers > 1:
        raise click.UsageError("A catalogue in memory has one worker only: leave out --workers.")
    return in_memory


def server_settings(
    access: AccessOptions, addresses: Sequence[Address], *, sample: bool
) -> ServerSettings:
    """Return the settings for access to *addresses*.

    Args:
        access: The options.
        addresses: Where the server is to listen.
        sample: Whether to ignore the user's own credentials.

    Raises:
        click.UsageError: Options contradict each other.
        AddressError: An address is the name of no host.
        CredentialsError: The credentials cannot be used.
        ServeError: Nothing would protect the server, or the certificates cannot be used.
    """
    _check(access)
    reachable = [each for each in addresses if not is_local(each)]
    found, insecure = _credentials(access, sample=sample)
    return ServerSettings(
        credentials=found,
        signature_policy=SignaturePolicy(
            region=access.region,
            window=access.clock_window,
            longest_request=math.ceil(access.max_request_time) + _CLOCK_STEP,
        ),
        tls=_tls(access),
        host_names=None if reachable else frozenset(name.lower() for name in access.host_names),
        limits=ConnectionLimits(
            connections=access.max_connections,
            per_address=access.max_connections_per_address,
            head_size=access.max_head_size,
            idle_timeout=access.idle_timeout,
            request_time=access.max_request_time,
        ),
        warnings=(*insecure, *_warnings(access, found, reachable)),
    )


def _check(access: AccessOptions) -> None:
    if access.tls_cert is None and (access.tls_key or access.tls_client_ca):
        raise click.UsageError("--tls-key and --tls-client-ca need --tls-cert.")
    if access.insecure and access.credentials_file:
        raise click.UsageError("--insecure verifies nothing: leave out --credentials, or it.")


def _credentials(
    access: AccessOptions, *, sample: bool
) -> tuple[CredentialFile | None, tuple[str, ...]]:
    """Return the credentials to verify with, and a warning if there are some that are not."""
    file = CredentialFile(access.credentials_file or credentials.default_path())
    if access.credentials_file is None:
        if sample or not file.exists():
            return None, ()
        if access.insecure:
            return None, (f"WARNING: the credentials in {file.path} are not asked for",)
    # Report problems before the first request.
    file.all()
    return file, ()


def _warnings(
    access: AccessOptions, found: CredentialFile | None, reachable: Sequence[Address]
) -> tuple[str, ...]:
    if not reachable:
        return ()
    if found is None and not access.tls_client_ca:
        if not access.insecure:
            raise ServeError(
                f"others can reach {reachable[0]}, and nothing would keep them from reading "
                "and changing everything: add credentials with `musterd credentials add`, or "
                "demand certificates with --tls-client-ca; --insecure serves nevertheless"
            )
        return (f"WARNING: whoever can reach {reachable[0]} can read and change everything",)
    if found is not None and access.tls_cert is None:
        text = f"warning: what goes to and from {reachable[0]} can be read on its way; encrypt it "
        return (f"{text}with --tls-cert",)
    return ()


def _tls(access: AccessOptions) -> Certificates | None:
    if access.tls_cert is None:
        return None
    return Certificates(access.tls_cert, access.tls_key, access.tls_client_ca)


def _announce(served: Iterator[ServedAddress], where: Address) -> None:
    """Print an address, of which the next of *served* tells the engine."""
    engine = next(served).engine
    click.echo(f"musterd: {'' if engine is None else f'{engine} '}listening on {where}")


def _filled(images: Sequence[Image], settings: ServerSettings) -> ImageStore:
    """Return a catalogue in memory in which every account has *images*."""
    store = catalogue.open_store(catalogue.MEMORY)
    keys = settings.credentials.all() if settings.credentials else ()
    for account in {accounts.DEFAULT, *(key.account for key in keys)}:
        store.of(account).put(images)
    return store
