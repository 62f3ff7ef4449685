"""The command ``musterd``."""

import sys

import click
import cloup

from musterd import __version__
from musterd.cli.catalogue import add, export, import_
from musterd.cli.credentials import credentials
from musterd.cli.serve import serve
from musterd.errors import MusterdError


@cloup.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="musterd")
def commands() -> None:
    """Answer List Images (GET /images/json) from a catalogue of images.

    The catalogue keeps what a listing shows of an image, and its config, but no layers. Import a
    listing or an archive, then serve it to any client of the Docker or Hyper remote API.
    """


for _command in (serve, import_, add, export, credentials):
    commands.add_command(_command)


def main() -> None:
    """Run the command; what goes wrong becomes one line on standard error and status 1."""
    try:
        commands()
    except MusterdError as error:
        # A message may quote a file, and that could hold anything, even commands for the terminal.
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(error))
        click.echo(f"musterd: {line}", err=True)
        sys.exit(1)
