"""The command ``musterd``."""

import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from typing import TYPE_CHECKING

import click

from musterd import __version__
from musterd.archives import listing_json, reader
from musterd.archives.limits import Limits
from musterd.cli.access_options import Given, access_options
from musterd.cli.credentials import credentials
from musterd.cli.limit_options import limit_options
from musterd.cli.serving_options import Serving, serving_options
from musterd.errors import AccountError, MusterdError
from musterd.http import sockets
from musterd.settings import Protection
from musterd.storage import accounts, catalogue
from musterd.storage.store import ImageStore

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_db = click.option(
    "--db",
    metavar="URL",
    help="The catalogue's database: sqlite:///PATH, or postgresql://HOST/DATABASE as psql takes it."
    "  [default: a file in your data directory]",
)
_account = click.option(
    "--account",
    metavar="NAME",
    default=accounts.DEFAULT,
    show_default=True,
    help="Whose catalogue it is; see `musterd credentials`.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="musterd")
def commands() -> None:
    """Answer List Images (GET /images/json) from a catalogue of images.

    The catalogue keeps what a listing shows of an image, and its config, but no layers. Import a
    listing or an archive, then serve it to any client of the Docker or Hyper remote API.
    """


commands.add_command(credentials)


@commands.command("import")
@click.argument("file")
@_db
@_account
@limit_options
def import_(file: str, db: str | None, account: str, *, limits: Limits) -> None:
    """Add the images in FILE to the catalogue, all or none.

    FILE is an answer to GET /images/json?all=1&digests=1, saved from any server, an archive that
    `docker save` wrote, or an OCI image layout, as a tar or a directory. Files may be compressed
    with gzip, bzip2, xz or zstd. - stands for standard input.

    An image replaces the one with the same Id; a tag moves from the image that has it.
    """
    accounts.check(account)
    with _without_looking_for_garbage():
        images = reader.read(file, limits)
        with closing(_open(db)) as store:
            store.of(account).put(images)
    click.echo(f"musterd: {len(images)} image{'' if len(images) == 1 else 's'} imported")


@commands.command()
@_db
@_account
def export(db: str | None, account: str) -> None:
    """Write the catalogue as a listing to standard output.

    It is what `musterd import` reads.
    """
    with closing(_open(db, create=False)) as store:
        known = store.accounts()
        if account not in known:
            raise AccountError(
                f"there is no account {account} in the catalogue, but {', '.join(known)}"
            )
        sys.stdout.buffer.write(listing_json.export(store.of(account).images()))


@commands.command()
@_db
@click.option(
    "--listen",
    "addresses",
    metavar="ADDRESS",
    multiple=True,
    default=("tcp://127.0.0.1:2375",),
    show_default=True,
    help="Where to listen: tcp://HOST:PORT, or unix:///PATH. May be given several times.",
)
@click.option(
    "--sample", is_flag=True, help="Serve a small catalogue of oddities instead, from memory."
)
@access_options
@serving_options
@limit_options
def serve(
    db: str | None,
    addresses: tuple[str, ...],
    *,
    sample: bool,
    given: Given,
    limits: Limits,
    serving: Serving,
) -> None:
    """Serve the catalogue until interrupted.

    With credentials (`musterd credentials add`) every request must be signed, and is about the
    images of its key's account. Without, whoever can connect can read and change the catalogue:
    only this machine can, unless you say otherwise.
    """
    # It is about Starlette's client for tests, which Connexion loads along with the rest.
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    # Connexion takes most of a second to load, which the other commands need not wait for.
    from musterd.app import create_app  # noqa: PLC0415
    from musterd.guarding import guarded  # noqa: PLC0415
    from musterd.http.server import serve as serve_app  # noqa: PLC0415
    from musterd.http.server import serve_with_workers  # noqa: PLC0415

    if sample and db is not None:
        raise click.UsageError("--sample serves no database: leave out --db, or --sample.")
    wanted = [sockets.parse(text) for text in addresses]
    protection = given.protection(wanted, sample=sample)
    for warning in protection.warnings:
        click.echo(f"musterd: {warning}", err=True)
    in_memory = sample or (db is not None and catalogue.is_in_memory(db))
    if in_memory and serving.workers > 1:
        raise click.UsageError("A catalogue in memory has one worker only: leave out --workers.")

    @contextmanager
    def application() -> "Iterator[ASGIApp]":
        with closing(_sample(protection) if sample else _open(db)) as store:
            app = create_app(store, limits, reuse=serving.reuse)
            yield guarded(app, store, protection)

    if serving.workers == 1:
        with application() as app:
            serve_app(app, wanted, _announce, protection)
        return
    # What is wrong with the catalogue shows here, once; and nobody has it open when they fork.
    _open(db).close()
    serve_with_workers(application, wanted, _announce, serving.workers, protection)


@contextmanager
def _without_looking_for_garbage() -> "Iterator[None]":
    """What an import makes is needed to its end: looking through it takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _announce(where: sockets.Address) -> None:
    click.echo(f"musterd: listening on {where}")


def _open(db: str | None, *, create: bool = True) -> ImageStore:
    return catalogue.open_store(catalogue.default_url() if db is None else db, create=create)


def _sample(protection: Protection) -> ImageStore:
    store = catalogue.open_store(catalogue.MEMORY)
    keys = protection.credentials.all() if protection.credentials else ()
    with resources.as_file(resources.files("musterd") / "sample.json") as file:
        images = reader.read(str(file))
    for account in {accounts.DEFAULT, *(key.account for key in keys)}:
        store.of(account).put(images)
    return store


def main() -> None:
    """Run the command; what goes wrong becomes one line on standard error and status 1."""
    try:
        commands()
    except MusterdError as error:
        # A message may quote a file, and that could hold anything, even commands for the terminal.
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(error))
        click.echo(f"musterd: {line}", err=True)
        sys.exit(1)
