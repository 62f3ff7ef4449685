"""Options from a file: muster.toml, or the table [tool.muster] of pyproject.toml."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import cloup

from muster.errors import UsageError

OWN_FILE, PROJECT_FILE = "muster.toml", "pyproject.toml"

COMMANDS = ("check", "replay")
"""The commands whose options the file can hold."""

Configuration = dict[str, Any]


def find(folder: Path) -> Path | None:
    """Return the nearest file with options, in *folder* or above; None if there is none.

    In each folder muster.toml comes before pyproject.toml, which counts only with [tool.muster].
    """
    for each in (folder, *folder.parents):
        own, project = each / OWN_FILE, each / PROJECT_FILE
        if own.is_file():
            return own
        if project.is_file() and "muster" in _load(project).get("tool", {}):
            return project
    return None


def read(file: Path) -> Configuration:
    """Return the options in *file*, by their names on the command line without `--`.

    Raises:
        UsageError: if it cannot be read or is not TOML.
    """
    content = _load(file)
    table = content.get("tool", {}).get("muster", {}) if file.name == PROJECT_FILE else content
    if not isinstance(table, dict):
        raise UsageError(f"{file}: [tool.muster] must be a table of options")
    return table


def defaults(
    configuration: Configuration, commands: Mapping[str, click.Command], file: Path
) -> Any:
    """Return *configuration* as Click's `default_map`.

    Paths are relative to the folder of *file*.

    Raises:
        UsageError: if there is no such option, or its value has another type.
    """
    known = {key for name in COMMANDS for key in _parameters(commands[name])}
    for key in configuration:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]}?" if close else "`muster check --help` lists all"
            raise UsageError(f"{file}: there is no option {key}: {hint}")
    return {
        name: {
            parameter.name: _value(parameter, configuration[key], f"{file}: {key}", file.parent)
            for key, parameter in _parameters(commands[name]).items()
            if key in configuration
        }
        for name in COMMANDS
    }


def _parameters(command: click.Command) -> dict[str, click.Parameter]:
    """Return the parameters of *command* that a file can hold, by their names there."""
    names = {
        option.removeprefix("--"): parameter
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    argument = next(each for each in command.params if each.name == "target")
    return names | {"target": argument}


def _value(parameter: click.Parameter, value: Any, where: str, folder: Path) -> Any:
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) and not parameter.multiple:
        raise UsageError(f"{where}: one value is needed, not a list")
    is_flag = isinstance(parameter, click.Option) and parameter.is_flag
    for each in values:
        if isinstance(each, bool) != is_flag or not isinstance(each, str | int | float):
            kind = "true or false" if is_flag else "a string or a number"
            raise UsageError(f"{where}: {kind} is needed, not {each!r}")
    if isinstance(parameter.type, click.Path):
        values = [str(each) if each == "-" else str(folder / str(each)) for each in values]
    else:
        values = [each if is_flag else str(each) for each in values]
    return values if parameter.multiple else values[0]


def _load(file: Path) -> Configuration:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not TOML: {error}") from error


def _configure(context: click.Context, _: click.Parameter, file: Path | None) -> None:
    used = file or find(Path.cwd())
    if used is not None and isinstance(context.command, click.Group):
        commands: dict[str, Any] = {
            name: context.command.get_command(context, name) for name in COMMANDS
        }
        context.default_map = defaults(read(used), commands, used)


config_option = cloup.option(
    "--config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    expose_value=False,
    is_eager=True,
    callback=_configure,
    help="Read options for check and replay from this file.  [default: the nearest muster.toml, "
    "or pyproject.toml with [tool.muster], from the current folder upwards]",
)
