"""The command `muster`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path

import click

import muster_openapi
from muster import fixtures, negotiation, suite
from muster.connection_options import ConnectionOptions, connection_options
from muster.errors import MusterError, UsageError
from muster.planting_options import PlantingOptions, permission, planted, planting_options
from muster.register import Requirement, requirements
from muster.report_options import ReportOptions, report_options
from muster.reports.terminal import explain, table, terminal
from muster.run import Run, exit_status
from muster.target import parse_target
from muster.transport import Transport
from muster.version import ApiVersion

VERSION = installed_version("passmuster")
DEFAULT_TARGET = "unix:///var/run/docker.sock"
KNOWN = [ApiVersion.parse(version) for version in muster_openapi.VERSIONS]
NEWEST = ApiVersion.parse(muster_openapi.NEWEST)

EXIT_STATUSES = """\b
Exit status: 0 the server conforms; 1 it does not; 2 the command line is wrong,
or selects no requirement; 3 the server cannot be reached or checked; 4 a fault
of muster itself."""


def main() -> None:
    """Run the command line, and end the process with its exit status."""
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
    default=100,
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
@connection_options
@report_options
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
    connection: ConnectionOptions,
    reports: ReportOptions,
) -> int:
    """Check the server at TARGET; without --plant nothing on it is changed.

    TARGET is http://host:port, https://host:port or tcp://host:port, with /v1.NN
    behind it if you like, or unix:///path/to.sock. Without it, DOCKER_HOST is
    taken, or unix:///var/run/docker.sock.
    """
    where = parse_target(target or os.environ.get("DOCKER_HOST") or DEFAULT_TARGET)
    chosen = suite.select(requirements(), only, skip)
    reports.check()
    runs: list[Run] = []
    # What the user got wrong is told before the server is asked anything.
    negotiation.choose(api_version, where, negotiation.Offer(), KNOWN, NEWEST)
    with Transport(where, KNOWN[0], connection.timeout) as transport:
        offer = negotiation.ask(transport, where)
    for version in negotiation.choose(api_version, where, offer, KNOWN, NEWEST):
        archive = plants.archive()
        with (
            Transport(where, version, connection.timeout, permission(archive)) as transport,
            planted(transport, archive) as images,
            _progress(len(chosen)) as progress,
        ):
            runs.append(
                suite.check(
                    chosen,
                    transport,
                    seed=seed,
                    max_examples=max_examples,
                    server=offer.server,
                    planted=images,
                    strict=strict,
                    progress=progress,
                )
            )
    click.echo("\n".join(terminal(run) for run in runs), nl=False)
    reports.write(runs, VERSION)
    return exit_status(runs)


@commands.command("list")
def list_() -> None:
    """List every requirement: its id, its level and its rule."""
    click.echo(table(requirements().values()), nl=False)


@commands.command("explain")
@click.argument("requirement", metavar="ID")
def explain_(requirement: str) -> None:
    """Explain one requirement: its rule, how it is tried, and the clause it stands on."""
    (chosen,) = suite.select(requirements(), [requirement], [])
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


@commands.command("fixtures")
@click.argument("out", metavar="OUT.tar", type=click.Path(dir_okay=False, path_type=Path))
def fixtures_(out: Path) -> None:
    """Write the fixture images to OUT.tar, as `docker save` would."""
    try:
        out.write_bytes(fixtures.build("fixtures").data)
    except OSError as e:
        raise UsageError(f"{out} cannot be written: {e.strerror}") from e


@contextmanager
def _progress(count: int) -> Iterator[Callable[[Requirement], None]]:
    """A line on a terminal that says what is being checked; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    done = 0

    def show(requirement: Requirement) -> None:
        nonlocal done
        done += 1
        click.echo(f"\r\x1b[K[{done}/{count}] {requirement.id}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
