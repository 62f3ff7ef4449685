"""The commands ``musterd engines`` and ``musterd departures``."""

import click
import cloup

from musterd.contract.engines import ENGINES
from musterd.departures.table import DEPARTURES


@cloup.command()
def engines() -> None:
    """List the engines that the server can imitate.

    Each line has the name for `musterd serve --engine`, the API versions, and what it is.
    """
    width = max(map(len, ENGINES))
    for engine in ENGINES.values():
        served = f"{engine.oldest}-{engine.newest}"
        click.echo(f"{engine.name:{width}}  {served:9}  {engine.summary}")


@cloup.command()
def departures() -> None:
    """List the requirements that the server can break on purpose.

    Each line has the name for `musterd serve --depart`, the effect, and a source where an
    engine was seen to do so.
    """
    for departure in DEPARTURES.values():
        click.echo(f"{departure.name:24}  {departure.summary} {departure.source}")
