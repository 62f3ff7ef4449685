"""The commands that begin with the record of a run: `report`, `compare` and `replay`."""

from __future__ import annotations

from pathlib import Path

import click

from muster.cli import console
from muster.cli.options.connection import connection_options
from muster.cli.options.planting import planting_options
from muster.cli.options.reports import REPORTS, ReportOptions, report_options
from muster.cli.progress import progress
from muster.planting.session import PlantingOptions
from muster.record import load
from muster.record import replay as replaying
from muster.record.build import record_of
from muster.record.comparison import compare
from muster.register.requirements import requirements
from muster.reports.comparison import render_comparison
from muster.reports.headline import troubles
from muster.reports.replay import render_replay
from muster.reports.terminal import terminal
from muster.suite.session import Setup, run_session, run_version
from muster.transport.settings import ConnectionOptions

RECORD_FILE = click.Path(dir_okay=False, path_type=Path)

COMPARED = """\b
Exit status: 0 nothing is worse in B than in A; 1 something is: a requirement is
departed from that was not; 2 a file is no record."""

REPLAYED = """\b
Exit status: 0 the requirement is met now; 1 it is not; 2 the command line is
wrong; 3 the server cannot be reached, or nothing could be decided."""


@click.command("report")
@click.argument("run", metavar="RUN.json", type=RECORD_FILE)
@report_options(REPORTS)
def report_(run: Path, reports: ReportOptions) -> int:
    """Make reports of a run from its record, which `muster check --json` wrote.

    Without options it prints what `muster check` printed. The exit status says whether
    the reports were made, not what stands in them.
    """
    reports.validate()
    made = load.read(run)
    if reports.files:
        reports.write(made)
    else:
        console.write(terminal(made))
    return 0


@click.command("compare", epilog=COMPARED)
@click.argument("a", metavar="A.json", type=RECORD_FILE)
@click.argument("b", metavar="B.json", type=RECORD_FILE)
def compare_(a: Path, b: Path) -> int:
    """Compare two runs: of one server then and now, or of two servers."""
    before, after = load.read(a), load.read(b)
    console.write(render_comparison(before, after))
    return 1 if compare(before, after).worse else 0


@click.command("replay", epilog=REPLAYED)
@click.argument("run", metavar="RUN.json", type=RECORD_FILE)
@click.argument("requirement", metavar="ID")
@click.argument("target", required=False)
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
    """Check requirement ID again as the recorded run did: is it still departed from?

    The recorded server is asked, or the one at TARGET, with the recorded seed and options,
    at the API versions at which the requirement was departed from.
    """
    recorded = load.read(run)
    where = connection.target(target or recorded.target, recorded.target)
    setup = Setup(where, connection, plants)
    plan = replaying.plan(recorded, requirement, where, requirements(), setup.provided)
    again = record_of(run_session(plan, run_version(plan, setup, progress)), setup)
    console.write(render_replay(recorded, again))
    for trouble in troubles(again):
        click.echo(f"muster: {trouble}", err=True)
    return replaying.status(again)
