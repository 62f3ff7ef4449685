"""The commands that begin with the record of a run: `report` and `replay`."""

from __future__ import annotations

from pathlib import Path

import click
import cloup

from muster.cli import console
from muster.cli.options.connection import connection_options
from muster.cli.options.planting import planting_options
from muster.cli.options.reports import REPORTS, ReportOptions, report_options
from muster.cli.progress import progress
from muster.planting.session import PlantingOptions
from muster.record import load
from muster.record import replay as replaying
from muster.record.build import record_of
from muster.register.requirements import requirements
from muster.register.selection import resolve
from muster.reports.headline import incomplete_reasons
from muster.reports.replay import render_replay
from muster.suite.session import Setup, run_session, run_version
from muster.transport.settings import ConnectionOptions

RECORD_FILE = click.Path(dir_okay=False, path_type=Path)

REPLAYED = """\b
Exit status: 0 the requirement is met now; 1 it is not; 2 the command line is
wrong; 3 the server cannot be reached, or nothing could be decided."""


@cloup.command("report", short_help="Make reports of a run from its record.")
@cloup.argument("run", metavar="RUN.json", type=RECORD_FILE)
@report_options(REPORTS)
def report_(run: Path, reports: ReportOptions) -> int:
    """Make reports of a run from its record, which `muster check --json` wrote.

    Without a file to write, print what `muster check` printed. The exit status says
    whether the reports could be made, not whether the server conforms.
    """
    reports.validate()
    made = load.read(run)
    if reports.files:
        reports.write(made)
    else:
        reports.show(made)
    return 0


@cloup.command("replay", epilog=REPLAYED, short_help="Check one recorded requirement again.")
@cloup.argument("run", metavar="RUN.json", type=RECORD_FILE)
@cloup.argument("requirement", metavar="ID")
@cloup.argument("target", required=False)
@planting_options
@connection_options
def replay_(
    *,
    run: Path,
    requirement: str,
    target: str | None,
    plants: PlantingOptions,
    connection: ConnectionOptions,
) -> int:
    """Check requirement ID again as in the recorded run: does the server still fail it?

    Ask the recorded server, or the one at TARGET, with the recorded seed and options, at
    the API versions at which it failed.
    """
    recorded = load.read(run)
    where = connection.target(target or recorded.target, recorded.target)
    setup = Setup(where, connection, plants)
    plan = replaying.plan(recorded, resolve(requirement), where, requirements(), setup.provided)
    connection.wait_for(where)
    again = record_of(run_session(plan, run_version(plan, setup, progress)), setup)
    console.write(render_replay(recorded, again))
    for reason in incomplete_reasons(again):
        console.tell(reason)
    return replaying.status(again)
