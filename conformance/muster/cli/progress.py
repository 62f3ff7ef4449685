"""Shows on a terminal which requirement is being checked; writes nothing into a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, TextColumn

from muster.cli.console import console
from muster.register.requirements import Requirement


@contextmanager
def progress(count: int) -> Iterator[Callable[[Requirement], None]]:
    """Yield the function to call before each of *count* requirements.

    The line is on standard error, and is removed at the end.
    """
    terminal = console(err=True)
    columns = TextColumn("[{task.completed:.0f}/{task.total:.0f}] {task.description}", markup=False)
    line = Progress(
        columns,
        console=terminal,
        transient=True,
        auto_refresh=False,
        disable=not terminal.is_terminal,
    )
    with line:
        task = line.add_task("", total=count, visible=False)

        def show(requirement: Requirement) -> None:
            line.update(task, advance=1, description=requirement.id, visible=True, refresh=True)

        yield show
