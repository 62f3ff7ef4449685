"""The commands ``musterd import``, ``musterd add`` and ``musterd export``."""

import gc
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import cloup

from musterd.archives import listing_json
from musterd.archives.limits import Limits
from musterd.cli.options import account_option, archive_options, db_option, open_store
from musterd.errors import AccountError
from musterd.seeds import addition, files
from musterd.seeds.description import describe
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

    A file whose name ends in .yaml or .yml describes images in a few words, as `musterd add` does.

    An image replaces the one with the same Id; a tag moves from the image that has it.
    """
    accounts.check(account)
    with _without_garbage_collection():
        items = files.read(file, limits)
        with closing(open_store(db)) as store:
            count = len(addition.add(store.of(account), items))
    click.echo(f"musterd: {count} image{'' if count == 1 else 's'} imported")


@cloup.command()
@cloup.argument("names", nargs=-1, metavar="[NAME]...")
@cloup.option_group(
    "Image",
    cloup.option(
        "--label", "labels", metavar="KEY=VALUE", multiple=True, help="May be given several times."
    ),
    cloup.option("--size", metavar="SIZE", help="Its size with its parent: 5MB, 1.5GiB, or bytes."),
    cloup.option("--created", metavar="DATE", help="2024-01-31, RFC 3339, or seconds since 1970."),
    cloup.option("--parent", metavar="IMAGE", help="The name or Id of an image in the catalogue."),
    cloup.option("--digest", metavar="DIGEST", help="sha256:..., or `true` to derive one."),
    cloup.option(
        "--platform",
        "platforms",
        metavar="OS/ARCHITECTURE",
        multiple=True,
        help="May be given several times.  [default: linux/amd64]",
    ),
)
@cloup.option_group("Catalogue", db_option, account_option)
def add(
    names: tuple[str, ...],
    *,
    labels: tuple[str, ...],
    size: str | None,
    created: str | None,
    parent: str | None,
    digest: str | None,
    platforms: tuple[str, ...],
    db: str | None,
    account: str,
) -> None:
    """Add an image to the catalogue, and print its Id.

    Omitted values are derived from the others: the same command always adds the same image.
    Without a NAME the image is untagged.
    """
    accounts.check(account)
    description = describe(
        *names,
        labels=dict(map(_label, labels)) or None,
        size=size,
        created=int(created) if created is not None and created.isdecimal() else created,
        parent=parent,
        digest=digest == "true" or digest or False,
        platforms=platforms,
    )
    with closing(open_store(db)) as store:
        (image,) = addition.add(store.of(account), [description])
    click.echo(image.id)


def _label(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


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
    """Keep the garbage collector from scanning objects that the import needs anyway."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
