"""The command `muster check`."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import cloup
from click.core import ParameterSource

from muster.cli import console
from muster.cli.options.baseline import BaselineOptions, baseline_options
from muster.cli.options.connection import connection_options
from muster.cli.options.planting import planting_options
from muster.cli.options.reports import RECORD, REPORTS, ReportOptions, report_options
from muster.cli.progress import progress
from muster.planting.session import PlantingOptions
from muster.record.build import record_of
from muster.record.record import Record
from muster.register.requirements import requirements
from muster.register.selection import expand
from muster.reports.headline import incomplete_reasons
from muster.suite.plan import select
from muster.suite.results import Options
from muster.suite.session import Setup, run_session, run_version
from muster.transport.settings import ConnectionOptions

DEFAULT_TARGET = "unix:///var/run/docker.sock"


@cloup.command(epilog=console.EXIT_STATUSES, short_help="Check a server.")
@cloup.argument("target", required=False)
@cloup.option_group(
    "What to check",
    cloup.option(
        "--api-version",
        metavar="V",
        help="API version to check, e.g. 1.23, or `all` for every version that the server offers."
        "  [default: the newest that the server and muster share]",
    ),
    cloup.option(
        "--only",
        metavar="ID",
        multiple=True,
        help="Check only this requirement, or those that start with it or match it, e.g. "
        "LIST-LABEL or 'LIST-*-VALUE'; repeatable.",
    ),
    cloup.option(
        "--skip", metavar="ID", multiple=True, help="Leave out such requirements; repeatable."
    ),
    cloup.option("--seed", default=0, show_default=True, help="The seed of every random choice."),
    cloup.option(
        "--max-examples",
        metavar="N",
        default=50,
        show_default=True,
        type=click.IntRange(min=1),
        help="Send N random requests in each part of fuzzing.",
    ),
    cloup.option("--strict", is_flag=True, help="Count warnings as failures."),
)
@planting_options
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
    """Check the server at TARGET. Without --plant, nothing on the server changes.

    TARGET is host:port, http://host:port, https://host:port or tcp://host:port,
    optionally followed by /v1.NN; /path/to.sock or unix:///path/to.sock; or the
    name of a Docker context. The default is the server that `docker` would use:
    DOCKER_HOST, DOCKER_CONTEXT or the current context, else
    unix:///var/run/docker.sock.

    Options can also be set in muster.toml, or in [tool.muster] of pyproject.toml.
    """
    setup = Setup(connection.target(target, DEFAULT_TARGET), connection, plants)
    only, skip = expand(only), expand(skip)
    chosen = select(requirements(), only, skip)
    # Report mistakes of the user before sending any request.
    reports.validate()
    baseline.validate(requirements())
    plan = setup.plan(
        api_version,
        chosen,
        seed=seed,
        strict=strict,
        options=_options(max_examples, only, skip, plants, connection),
        adapts=_is_left_out("max_examples"),
    )
    record = record_of(run_session(plan, run_version(plan, setup, progress)), setup)
    return _report(baseline.apply(record, requirements(), datetime.now(UTC).date()), reports)


def _is_left_out(option: str) -> bool:
    """Whether the user did not give *option*.

    Users who say how many examples to draw get that many, and the same requests each time.
    """
    source = click.get_current_context().get_parameter_source(option)
    return source is ParameterSource.DEFAULT


def _report(record: Record, reports: ReportOptions) -> int:
    """Print and write the reports of *record*; return its exit status."""
    reports.show(record)
    reports.write(record)
    for reason in incomplete_reasons(record):
        console.tell(reason)
    return record.exit_status


def _options(
    max_examples: int,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    plants: PlantingOptions,
    connection: ConnectionOptions,
) -> Options:
    return Options(
        max_examples=max_examples,
        only=only,
        skip=skip,
        plant=plants.plant,
        plant_many=plants.many,
        registry_address=plants.registry_address,
        planted=str(plants.planted or ""),
        timeout=connection.timeout,
    )
