"""The command `muster`."""

from __future__ import annotations

import gc
import sys
import traceback
from importlib.metadata import version as installed_version

import click
import cloup

from muster.cli import console
from muster.cli.check import check
from muster.cli.configuration import config_option
from muster.cli.fixtures import fixtures
from muster.cli.openapi import openapi_
from muster.cli.records import compare_, replay_, report_
from muster.cli.requirements import explain_, list_
from muster.errors import MusterError

VERSION = installed_version("passmuster")

GC_THRESHOLD = 100_000
"""New objects after which Python looks for reference cycles.

With its default, 700, the search takes a tenth of the time of a run.
"""


def main() -> None:
    """Run the command line, and end the process with its exit status."""
    gc.set_threshold(GC_THRESHOLD)
    try:
        status = commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except click.Abort:
        console.tell("interrupted")
        status = 130
    except MusterError as error:
        console.tell(str(error))
        status = error.exit_status
    except SystemExit:
        # Click raises this if the reader of standard output has gone, as `head` does.
        status = 0
    except Exception:  # noqa: BLE001 - status 1 would say "does not conform"
        traceback.print_exc()
        console.tell("this is an error in muster itself; please report it")
        status = MusterError.exit_status
    sys.exit(status)


@cloup.group(
    epilog=console.EXIT_STATUSES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@cloup.version_option(VERSION, prog_name="muster")
@config_option
def commands() -> None:
    """Check whether a server of the Docker or Hyper remote API lists images correctly."""


commands.section("Check a server", check, replay_, fixtures)
commands.section("Use the record of a run", report_, compare_)
commands.section("Look up what is checked", list_, explain_, openapi_)
