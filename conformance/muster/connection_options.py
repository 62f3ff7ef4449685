"""Options of commands that ask a server: how the suite reaches it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How the suite reaches a server.

    Attributes:
        timeout: seconds to wait for each answer.
    """

    timeout: float = 30.0


def connection_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `connection`."""

    @click.option(
        "--timeout",
        default=30.0,
        show_default=True,
        type=click.FloatRange(min=0, min_open=True),
        help="Seconds to wait for each answer.",
    )
    @functools.wraps(command)
    def with_connection(*args: Any, timeout: float, **kwargs: Any) -> Any:
        return command(*args, connection=ConnectionOptions(timeout), **kwargs)

    return with_connection  # type: ignore[return-value]  # click's decorators keep the type
