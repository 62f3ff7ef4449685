"""The command `muster`."""

from __future__ import annotations

import gc
import sys
import traceback
from importlib.metadata import version as installed_version

import click
import cloup

from muster.cli import console
from muster.cli.configuration import config_option
from muster.cli.deferred import DeferredCommand, DeferredGroup
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
    cls=DeferredGroup,
    epilog=console.EXIT_STATUSES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@cloup.version_option(VERSION, prog_name="muster")
@config_option
def commands() -> None:
    """Check whether a server of the Docker or Hyper remote API lists images correctly."""


def _deferred(name: str, summary: str, place: str) -> DeferredCommand:
    return DeferredCommand(name, summary, f"muster.cli.{place}")


commands.section(
    "Check a server",
    _deferred("check", "Check a server.", "check:check"),
    _deferred("replay", "Check one recorded requirement again.", "records:replay_"),
    _deferred("fixtures", "Write the fixture images to a file.", "fixtures:fixtures"),
)
commands.section(
    "Use the record of a run",
    _deferred("report", "Make reports of a run from its record.", "records:report_"),
    _deferred("compare", "Compare runs.", "compare:compare_"),
)
commands.section(
    "Look up what is checked",
    _deferred("list", "List the requirements.", "requirements:list_"),
    _deferred("explain", "Explain a requirement.", "requirements:explain_"),
    _deferred("openapi", "Print the OpenAPI document of an API version.", "openapi:openapi_"),
)
commands.section(
    "Test a server in its own language",
    _deferred("vectors", "Write test vectors, for servers in any language.", "vectors:vectors"),
)
