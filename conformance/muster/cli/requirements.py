"""The commands that print requirements: `muster list` and `muster explain`."""

from __future__ import annotations

import click

from muster.register.requirements import find, register
from muster.reports.requirement import explain, table
from muster.suite.sources import describe_source


@click.command("list")
def list_() -> None:
    """List every requirement: its id, its level and its rule."""
    click.echo(table(register().values()), nl=False)


@click.command("explain")
@click.argument("requirement", metavar="ID")
def explain_(requirement: str) -> None:
    """Explain one requirement: its rule, how it is tried, and the clause it stands on."""
    chosen = find(requirement)
    click.echo(explain(chosen, describe_source(chosen)), nl=False)
