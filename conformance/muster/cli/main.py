"""The command `muster`."""

from __future__ import annotations

import gc
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version as installed_version

import click

import muster_openapi
from muster.cli.console import tell
from muster.cli.fixtures import fixtures
from muster.cli.options.baseline import BaselineOptions, baseline_options
from muster.cli.options.connection import ConnectionOptions, connection_options
from muster.cli.options.planting import PlantingOptions, planting_options
from muster.cli.options.reports import RECORD, REPORTS, ReportOptions, report_options
from muster.cli.records import compare_, replay_, report_
from muster.errors import MusterError, UsageError
from muster.model.version import ApiVersion
from muster.record.build import record
from muster.register.requirements import find, register, requirements
from muster.reports.headline import troubles
from muster.reports.requirement import explain, table
from muster.reports.terminal import terminal
from muster.suite import session as checking
from muster.suite import suite
from muster.suite.results import Options
from muster.transport import negotiation

VERSION = installed_version("passmuster")
DEFAULT_TARGET = "unix:///var/run/docker.sock"
KNOWN = [ApiVersion.parse(version) for version in muster_openapi.VERSIONS]
NEWEST = ApiVersion.parse(muster_openapi.NEWEST)

LIVING = 100_000
"""Objects that must have come to stay before Python looks for circles of garbage among them.

Looking after every 700 of them, as it does by itself, takes a tenth of the time of a run.
"""

EXIT_STATUSES = """\b
Exit status: 0 the server conforms; 1 it does not; 2 the command line is wrong,
or selects no requirement; 3 the server cannot be reached or checked; 4 a fault
of muster itself."""


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


@click.group(epilog=EXIT_STATUSES)
@click.version_option(VERSION, prog_name="muster")
def commands() -> None:
    """Check servers of the Docker and Hyper remote API: does List Images do what it must?"""


@commands.command(epilog=EXIT_STATUSES)
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
    known: BaselineOptions,
    connection: ConnectionOptions,
    reports: ReportOptions,
) -> int:
    """Check the server at TARGET; without --plant nothing on it is changed.

    TARGET is http://host:port, https://host:port or tcp://host:port, with /v1.NN
    behind it if you like, or unix:///path/to.sock. Without it, the server is asked
    that Docker's command line would ask: DOCKER_HOST, with DOCKER_TLS_VERIFY and
    DOCKER_CERT_PATH, or unix:///var/run/docker.sock.
    """
    where = connection.target(target, DEFAULT_TARGET)
    chosen = suite.select(requirements(), only, skip)
    reports.check()
    known.check(requirements())
    plants.check()
    provided = plants.provided | connection.provided(where)
    # What the user got wrong is told before the server is asked anything.
    negotiation.choose(api_version, where, negotiation.Offer(), KNOWN, NEWEST)
    with connection.transport(where, KNOWN[0]) as transport:
        offer = negotiation.ask(transport, where)
    plan = checking.Plan(
        target=where,
        versions=negotiation.choose(api_version, where, offer, KNOWN, NEWEST),
        chosen=chosen,
        seed=seed,
        strict=strict,
        options=Options(
            max_examples=max_examples,
            only=only,
            skip=skip,
            plant=plants.plant,
            plant_many=plants.many,
            registry_address=plants.registry_address,
            planted=str(plants.planted or ""),
            timeout=connection.timeout,
        ),
        server=offer.server,
        provided=provided,
    )
    session = checking.check(plan, checking.over(plan, connection, plants))
    redaction, reach = connection.redaction(where), connection.reach(where)
    made = record(session, requirements(), VERSION, redaction, reach)
    made = known.apply(made, requirements(), datetime.now(UTC).date())
    tell(terminal(made), err=reports.to_standard_output)
    reports.write(made)
    for trouble in troubles(made):
        click.echo(f"muster: {trouble}", err=True)
    return made.exit_status


@commands.command("list")
def list_() -> None:
    """List every requirement: its id, its level and its rule."""
    click.echo(table(register().values()), nl=False)


@commands.command("explain")
@click.argument("requirement", metavar="ID")
def explain_(requirement: str) -> None:
    """Explain one requirement: its rule, how it is tried, and the clause it stands on."""
    chosen = find(requirement)
    click.echo(explain(chosen, suite.tried_on(chosen)), nl=False)


@commands.command("openapi")
@click.argument("version", metavar="V")
@click.option(
    "--shape",
    type=click.Choice(["served", "client"]),
    default="served",
    show_default=True,
    help="The document that servers and suites work from, or that for client generators.",
)
@click.option("--form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def openapi_(version: str, shape: muster_openapi.Shape, form: muster_openapi.Form) -> None:
    """Print the OpenAPI document of API version V, e.g. 1.23 or 1.30."""
    wanted = ApiVersion.parse(version)
    if not KNOWN[0] <= wanted <= NEWEST:
        raise UsageError(f"there is no document of API version {wanted}: {KNOWN[0]} to {NEWEST}")
    click.echo(muster_openapi.text(str(wanted), shape, form), nl=False)


for command in (report_, compare_, replay_, fixtures):
    commands.add_command(command)
