"""The command ``musterd``."""

import gc
import sys

import click
import cloup

from musterd import __version__
from musterd.cli.deferred import DeferredCommand, DeferredGroup
from musterd.errors import MusterdError


@cloup.group(cls=DeferredGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="musterd")
def commands() -> None:
    """Answer List Images (GET /images/json) from a catalogue of images.

    The catalogue keeps what a listing shows of an image, and its config, but no layers. Import a
    listing or an archive, then serve it to any client of the Docker or Hyper remote API.
    """


for _name, _summary, _place in (
    ("serve", "Serve the catalogue until interrupted.", "serve:serve"),
    ("import", "Add the images in FILE to the catalogue, all or none.", "catalogue:import_"),
    ("add", "Add an image to the catalogue, and print its Id.", "catalogue:add"),
    ("export", "Write the catalogue as a listing to standard output.", "catalogue:export"),
    ("engines", "List the engines that the server can imitate.", "engines:engines"),
    (
        "departures",
        "List the requirements that the server can break on purpose.",
        "engines:departures",
    ),
    (
        "credentials",
        "Create, list and revoke the keys that sign requests.",
        "credentials:credentials",
    ),
):
    commands.add_command(DeferredCommand(_name, _summary, f"musterd.cli.{_place}"))


# Allocations between garbage collections until the server runs: importing modules makes many
# objects, and no garbage.
_OBJECTS = 100_000


def main() -> None:
    """Run the command; what goes wrong becomes one line on standard error and status 1."""
    gc.set_threshold(_OBJECTS)
    try:
        commands()
    except MusterdError as error:
        # A message may quote a file, and that could hold anything, even commands for the terminal.
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(error))
        click.echo(f"musterd: {line}", err=True)
        sys.exit(1)
