"""The commands ``musterd import`` and ``musterd export``."""

import gc
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import cloup

from musterd.archives import listing_json, reader
from musterd.archives.limits import Limits
from musterd.cli.options import account_option, archive_options, db_option, open_store
from musterd.errors import AccountError
from musterd.storage import accounts


@cloup.command("import")
@cloup.argument("file")
@cloup.option_group("Catalogue", db_option, account_option)
@archive_options
def import_(file: str, db: str | None, account: str, *, limits: Limits) -> None:
    """Add the images in FILE to the catalogue, all or none.

    FILE is an answer to GET /images/json?all=1&digests=1, saved from any server, an archive that
    `docker save` wrote, or an OCI image layout, as a tar or a directory. Files may be compressed
    with gzip, bzip2, xz or zstd. - stands for standard input.

    An image replaces the one with the same Id; a tag moves from the image that has it.
    """
    accounts.check(account)
    with _without_garbage_collection():
        images = reader.read(file, limits)
        with closing(open_store(db)) as store:
            store.of(account).put(images)
    click.echo(f"musterd: {len(images)} image{'' if len(images) == 1 else 's'} imported")


@cloup.command()
@cloup.option_group("Catalogue", db_option, account_option)
def export(db: str | None, account: str) -> None:
    """Write the catalogue as a listing to standard output.

    It is what `musterd import` reads.
    """
    with closing(open_store(db, create=False)) as store:
        known = store.accounts()
        if account not in known:
            raise AccountError(
                f"there is no account {account} in the catalogue, but {', '.join(known)}"
            )
        sys.stdout.buffer.write(listing_json.export(store.of(account).images()))


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Keep the garbage collector from looking through what an import needs to its end anyway."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
