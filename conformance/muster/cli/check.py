"""The command `muster check`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from muster.cli import console
from muster.cli.options.baseline import BaselineOptions, baseline_options
from muster.cli.options.connection import connection_options
from muster.cli.options.planting import planting_options
from muster.cli.options.reports import RECORD, REPORTS, ReportOptions, report_options
from muster.cli.progress import progress
from muster.planting.session import PlantingOptions
from muster.record.build import record_of
from muster.register.requirements import requirements
from muster.reports.headline import troubles
from muster.reports.terminal import terminal
from muster.suite.plan import select
from muster.suite.results import Options
from muster.suite.session import Setup, run_session, run_version
from muster.transport.settings import ConnectionOptions

DEFAULT_TARGET = "unix:///var/run/docker.sock"


@click.command(epilog=console.EXIT_STATUSES)
@click.argument("target", required=False)
@click.option(
    "--api-version",
    metavar="V",
    help="API version to check, e.g. 1.23; all for every one that the server offers.  "
    "[default: the newest that both know]",
)
@click.option("--seed", default=0, show_default=True, help="Fixes every random choice.")
@click.option(
    "--max-examples",
    default=50,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many requests fuzzing draws at random.",
)
@click.option(
    "--only", metavar="ID", multiple=True, help="Check this requirement only; repeatable."
)
@click.option("--skip", metavar="ID", multiple=True, help="Leave this requirement out; repeatable.")
@planting_options
@click.option("--strict", is_flag=True, help="Count warnings as failures.")
@baseline_options
@connection_options
@report_options({**RECORD, **REPORTS})
def check(
    *,
    target: str | None,
    api_version: str | None,
    seed: int,
    max_examples: int,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    strict: bool,
    plants: PlantingOptions,
    baseline: BaselineOptions,
    connection: ConnectionOptions,
    reports: ReportOptions,
) -> int:
    """Check the server at TARGET; without --plant nothing on it is changed.

    TARGET is http://host:port, https://host:port or tcp://host:port, with /v1.NN
    behind it if you like, or unix:///path/to.sock. Without it, the server is asked
    that Docker's command line would ask: DOCKER_HOST, with DOCKER_TLS_VERIFY and
    DOCKER_CERT_PATH, or unix:///var/run/docker.sock.
    """
    setup = Setup(connection.target(target, DEFAULT_TARGET), connection, plants)
    chosen = select(requirements(), only, skip)
    # What the user got wrong is told before the server is asked anything.
    reports.validate()
    baseline.validate(requirements())
    options = Options(
        max_examples=max_examples,
        only=only,
        skip=skip,
        plant=plants.plant,
        plant_many=plants.many,
        registry_address=plants.registry_address,
        planted=str(plants.planted or ""),
        timeout=connection.timeout,
    )
    plan = setup.plan(api_version, chosen, seed=seed, strict=strict, options=options)
    made = record_of(run_session(plan, run_version(plan, setup, progress)), setup)
    made = baseline.apply(made, requirements(), datetime.now(UTC).date())
    console.write(terminal(made), err=reports.to_standard_output)
    reports.write(made)
    for trouble in troubles(made):
        click.echo(f"muster: {trouble}", err=True)
    return made.exit_status
