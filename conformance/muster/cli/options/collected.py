"""Gives a command groups of options whose values reach it as one object."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Command = TypeVar("Command", bound=Callable[..., Any])


def collected(
    argument: str,
    make: Callable[..., object],
    *groups: Callable[[Any], Any],
    names: Iterable[str] = (),
) -> Callable[[Command], Command]:
    """Return a decorator that adds *groups* of options to a command.

    Args:
        argument: The command's argument that gets what *make* returns.
        make: Makes an object of the options' values.
        groups: What `cloup.option_group` or `cloup.option` returned, in the order of the help.
        names: The options' parameters; by default the parameters of *make*.
    """
    wanted = tuple(names) or tuple(inspect.signature(make).parameters)

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(*args: Any, **kwargs: Any) -> Any:
            values = {name: kwargs.pop(name) for name in wanted}
            return command(*args, **{argument: make(**values)}, **kwargs)

        decorated: Any = with_options
        # A decorator that is applied later stands above in the help.
        for group in reversed(groups):
            decorated = group(decorated)
        return decorated  # type: ignore[no-any-return]  # it takes what *command* takes

    return decorate
