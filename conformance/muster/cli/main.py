"""The command `muster`."""

from __future__ import annotations

import gc
import sys
import traceback
from importlib.metadata import version as installed_version

import click

from muster.cli import console
from muster.cli.check import check
from muster.cli.fixtures import fixtures
from muster.cli.openapi import openapi_
from muster.cli.records import compare_, replay_, report_
from muster.cli.requirements import explain_, list_
from muster.errors import MusterError

VERSION = installed_version("passmuster")

LIVING = 100_000
"""Objects that must have come to stay before Python looks for circles of garbage among them.

Looking after every 700 of them, as it does by itself, takes a tenth of the time of a run.
"""


def main() -> None:
    """Run the command line, and end the process with its exit status."""
    gc.set_threshold(LIVING)
    try:
        status = commands.main(standalone_mode=False)
    except click.ClickException as e:
        e.show()
        status = e.exit_code
    except click.Abort:
        click.echo("muster: interrupted", err=True)
        status = 130
    except MusterError as e:
        click.echo(f"muster: {e}", err=True)
        status = e.exit_status
    except SystemExit:
        # What click does if the reader of standard output has gone, as `head` does.
        status = 0
    except Exception:  # noqa: BLE001 - status 1 would say "does not conform"
        traceback.print_exc()
        click.echo("muster: this is a fault of muster itself; please report it", err=True)
        status = MusterError.exit_status
    sys.exit(status)


@click.group(epilog=console.EXIT_STATUSES)
@click.version_option(VERSION, prog_name="muster")
def commands() -> None:
    """Check servers of the Docker and Hyper remote API: does List Images do what it must?"""


for command in (check, list_, explain_, openapi_, report_, compare_, replay_, fixtures):
    commands.add_command(command)
