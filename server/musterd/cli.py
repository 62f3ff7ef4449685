"""The command ``musterd``."""

import sys
import warnings
from contextlib import closing
from importlib import resources

import click

from musterd import __version__, address, database, export_listing, importing
from musterd.errors import MusterdError
from musterd.limit_options import limit_options
from musterd.limits import Limits
from musterd.store import SqlImageStore

_db = click.option(
    "--db",
    metavar="URL",
    help="The catalogue's database: sqlite:///PATH, or postgresql://HOST/DATABASE as psql takes it."
    "  [default: a file in your data directory]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="musterd")
def commands() -> None:
    """Answer List Images (GET /images/json) from a catalogue of images.

    The catalogue keeps what a listing shows of an image, and its config, but no layers. Import a
    listing or an archive, then serve it to any client of the Docker or Hyper remote API.
    """


@commands.command("import")
@click.argument("file")
@_db
@limit_options
def import_(file: str, db: str | None, *, limits: Limits) -> None:
    """Add the images in FILE to the catalogue, all or none.

    FILE is an answer to GET /images/json?all=1&digests=1, saved from any server, an archive that
    `docker save` wrote, or an OCI image layout, as a tar or a directory. Files may be compressed
    with gzip, bzip2, xz or zstd. - stands for standard input.

    An image replaces the one with the same Id; a tag moves from the image that has it.
    """
    images = importing.read(file, limits)
    with closing(_open(db)) as store:
        store.put(images)
    click.echo(f"musterd: {len(images)} image{'' if len(images) == 1 else 's'} imported")


@commands.command()
@_db
def export(db: str | None) -> None:
    """Write the catalogue as a listing to standard output.

    It is what `musterd import` reads.
    """
    with closing(_open(db, create=False)) as store:
        sys.stdout.buffer.write(export_listing.export(store.images()))


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
@limit_options
def serve(db: str | None, addresses: tuple[str, ...], *, sample: bool, limits: Limits) -> None:
    """Serve the catalogue until interrupted.

    There is no encryption and no password: whoever can connect can read and
    change the catalogue.
    """
    # It is about Starlette's client for tests, which Connexion loads along with the rest.
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    # Connexion takes most of a second to load, which the other commands need not wait for.
    from musterd.app import create_app  # noqa: PLC0415
    from musterd.server import serve as serve_app  # noqa: PLC0415

    if sample and db is not None:
        raise click.UsageError("--sample serves no database: leave out --db, or --sample.")
    wanted = [address.parse(text) for text in addresses]
    with closing(_sample() if sample else _open(db)) as store:
        serve_app(create_app(store, limits), wanted, _announce)


def _announce(where: address.Address) -> None:
    click.echo(f"musterd: listening on {where}")


def _open(db: str | None, *, create: bool = True) -> SqlImageStore:
    return database.open_store(database.default_url() if db is None else db, create=create)


def _sample() -> SqlImageStore:
    store = database.open_store(database.MEMORY)
    with resources.as_file(resources.files("musterd") / "sample.json") as file:
        store.put(importing.read(str(file)))
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
