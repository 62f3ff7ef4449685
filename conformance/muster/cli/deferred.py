"""A group whose commands are imported when they are used, so that the others start quickly."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
import cloup


class DeferredCommand(cloup.Command):
    """A command in a group's help, as long as the real one is not needed."""

    def __init__(self, name: str, summary: str, place: str) -> None:
        """Create a command that stands in for the one at *place*.

        Args:
            name: The command's name.
            summary: What the group's help says about it.
            place: The real command, as `module:attribute`.
        """
        super().__init__(name, help=summary)
        self._place = place

    def load(self) -> click.Command:
        """Import the real command."""
        module, _, attribute = self._place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


class DeferredGroup(cloup.Group):
    """A group of commands that may be `DeferredCommand`s."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> Any:
        """Return a command, imported if need be; None if there is none of that name."""
        command = super().get_command(ctx, cmd_name)
        return command.load() if isinstance(command, DeferredCommand) else command
