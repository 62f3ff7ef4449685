"""The command line."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from . import cache
from .errors import EngineError, NotFetchedError
from .fetching import fetch, fetched
from .names import ENGINES, Engine, find
from .starting import start


class _Failed(click.ClickException):
    """An engine's error, as a line."""


@click.group()
def main() -> None:
    """Fetch real engines from Debian's archive, and run them on loopback."""


@main.command("list")
def list_() -> None:
    """List the engines, and whether they are fetched."""
    for engine in ENGINES:
        click.echo(f"{engine.name:24}{engine.release.version:10}{_state(engine)}")
    click.echo(f"in {cache.folder()}")


def _state(engine: Engine) -> str:
    try:
        fetched(engine)
    except NotFetchedError:
        return "not fetched"
    return "fetched"


@main.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME...]")
def fetch_(names: Sequence[str]) -> None:
    """Fetch the named engines, or all; what is there already stays as it is."""
    failed = []
    for engine in _named(names):
        try:
            root = fetch(engine.release, click.echo)
        except EngineError as error:
            failed.append(f"{engine.name}: {error}")
        else:
            click.echo(f"{engine.name}: {engine.release.version} in {root}")
    if failed:
        raise _Failed("\n".join(failed))


def _named(names: Sequence[str]) -> Sequence[Engine]:
    try:
        return [find(name) for name in names] or ENGINES
    except EngineError as error:
        raise click.UsageError(str(error)) from None


@main.command("start")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option(
    "--registry",
    "registries",
    metavar="127.0.0.1:PORT",
    multiple=True,
    help="Let it pull from there over plain HTTP; repeatable.",
)
def start_(name: str, port: int, registries: Sequence[str]) -> None:
    """Run an engine without images until SIGINT or SIGTERM. Needs root."""
    [engine] = _named([name])
    # Otherwise nothing would stop the engine and delete its files.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="muster-", ignore_cleanup_errors=True) as folder:
        try:
            with start(engine, Path(folder), registries=registries, port=port) as daemon:
                click.echo(f"{engine.title} ({daemon.version}): {daemon.url} and {daemon.socket}")
                signal.pause()
        except EngineError as error:
            raise _Failed(str(error)) from None
        except KeyboardInterrupt:
            click.echo("ended")
