"""The commands that print requirements: `muster list` and `muster explain`."""

from __future__ import annotations

import click
import cloup

from muster.cli import console
from muster.register.requirements import Level, find, register
from muster.register.selection import expand, group, groups
from muster.reports.requirement import as_json, explain, table


@cloup.command("list", short_help="List the requirements.")
@cloup.option(
    "--level",
    type=click.Choice([level.value for level in Level], case_sensitive=False),
    help="List only requirements of this level.",
)
@cloup.option(
    "--group",
    "name",
    type=click.Choice(groups(), case_sensitive=False),
    help="List only this group of requirements.",
)
@cloup.option("--json", "json_", is_flag=True, help="Print JSON.")
def list_(level: str | None, name: str | None, *, json_: bool) -> None:
    """List the requirements: id, level and rule."""
    chosen = [
        each
        for each in register().values()
        if level in {None, each.level.value} and name in {None, group(each)}
    ]
    console.write(as_json(chosen) if json_ else table(chosen))


@cloup.command("explain", short_help="Explain a requirement.")
@cloup.argument("requirement", metavar="ID")
def explain_(requirement: str) -> None:
    """Explain a requirement: its rule, why it matters, how it is checked, and its source.

    ID may also be a prefix or a pattern, such as LIST-LABEL or 'LIST-*-VALUE', for all
    requirements that match it.
    """
    # It takes all checks, which takes a while; `list` needs none.
    from muster.suite.sources import describe_source  # noqa: PLC0415

    chosen = map(find, expand([requirement]))
    console.write("\n".join(explain(each, describe_source(each)) for each in chosen))
