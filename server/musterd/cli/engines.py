"""The command ``musterd engines``."""

import click
import cloup

from musterd.contract.engines import ENGINES


@cloup.command()
def engines() -> None:
    """List the engines that the server can imitate.

    Each line has the name for `musterd serve --engine`, the API versions, and what it is.
    """
    width = max(map(len, ENGINES))
    for engine in ENGINES.values():
        served = f"{engine.oldest}-{engine.newest}"
        click.echo(f"{engine.name:{width}}  {served:9}  {engine.summary}")
