"""Commands that are imported when they are used."""

import click
import pytest

from musterd.cli.deferred import DeferredCommand, DeferredGroup
from musterd.cli.main import commands

DEFERRED = [each for each in commands.commands.values() if isinstance(each, DeferredCommand)]


def test_all_commands_are_deferred() -> None:
    assert {each.name for each in DEFERRED} == set(commands.commands)


@pytest.mark.parametrize("command", DEFERRED, ids=lambda command: command.name)
def test_the_group_shows_the_help_of_each_command(command: DeferredCommand) -> None:
    real = command.load()
    assert real.name == command.name
    assert real.get_short_help_str(100) == command.get_short_help_str(100)


def test_other_commands_are_found_unchanged() -> None:
    group, plain = DeferredGroup("group"), click.Command("plain")
    group.add_command(plain)
    context = click.Context(group)
    assert group.get_command(context, "plain") is plain
    assert group.get_command(context, "nosuch") is None
