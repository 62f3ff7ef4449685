"""The command `muster openapi`, which prints the contract."""

from __future__ import annotations

import click

import muster_openapi
from muster.errors import UsageError
from muster.model.version import NEWEST, SUPPORTED_VERSIONS, ApiVersion


@click.command("openapi")
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
    oldest = SUPPORTED_VERSIONS[0]
    if not oldest <= wanted <= NEWEST:
        raise UsageError(f"there is no document of API version {wanted}: {oldest} to {NEWEST}")
    click.echo(muster_openapi.text(str(wanted), shape, form), nl=False)
