"""The commands ``musterd credentials``: keys of the clients of a server."""

from pathlib import Path

import click
import cloup

from musterd.access.credentials import CredentialFile, default_path
from musterd.storage import accounts

_file = cloup.option(
    "--credentials",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with the keys.  [default: one in your configuration directory]",
)


@cloup.group()
def credentials() -> None:
    """Create, list and revoke the keys that sign requests.

    They are in a file that only you can read. A server with such a file refuses
    unsigned requests; it notices changes of the file immediately.
    """


@credentials.command()
@cloup.option(
    "--account",
    metavar="NAME",
    default=accounts.DEFAULT,
    show_default=True,
    help="Whose images the key is for: each account has a catalogue of its own.",
)
@_file
def add(account: str, file: Path | None) -> None:
    """Make a key, and show its secret, which is not shown again."""
    made = _opened(file).add(account)
    click.echo(f"access key: {made.access_key}\nsecret key: {made.secret_key}")


@credentials.command("list")
@_file
def list_(file: Path | None) -> None:
    """Show the access keys, their accounts, and when they were made; no secrets."""
    for each in _opened(file).all():
        click.echo(f"{each.access_key}  {each.created:%Y-%m-%d %H:%M:%S}Z  {each.account}")


@credentials.command()
@cloup.argument("access_key")
@_file
def revoke(access_key: str, file: Path | None) -> None:
    """Revoke a key: requests signed with it are refused from now on."""
    _opened(file).revoke(access_key)
    click.echo(f"musterd: {access_key} revoked")


def _opened(file: Path | None) -> CredentialFile:
    return CredentialFile(default_path() if file is None else file)
