"""The options of ``musterd serve`` that say how much of the machine to use."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from musterd.cli.limit_options import size

#: Bytes of answers that are kept if nothing else is said.
REUSE = 128 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve."""

    #: How many processes.
    workers: int = 1
    #: Bytes of answers that each of them keeps.
    reuse: int = REUSE


def serving_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, which reach it as its argument `serving`."""

    @functools.wraps(command)
    def with_serving(*args: Any, workers: int, reuse_memory: int, **kwargs: Any) -> None:
        command(*args, serving=Serving(workers=workers, reuse=reuse_memory), **kwargs)

    workers = click.option(
        "--workers",
        type=click.IntRange(min=1, max=64),
        default=1,
        show_default=True,
        help="Processes that serve the same addresses; one a core is the most that helps.",
    )
    reuse = click.option(
        "--reuse-memory",
        type=size,
        metavar="SIZE",
        default="128M",
        show_default=True,
        help="Bytes of answers that each worker keeps, to give them again until the catalogue "
        "changes; 0 keeps none.",
    )
    return workers(reuse(with_serving))
