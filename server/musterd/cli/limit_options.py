"""The options of the commands that set `musterd.limits.Limits`."""

import functools
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from musterd.archives.limits import Limits

_SIZE = re.compile(r"(?P<number>[0-9]{1,15})(?P<unit>[KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_HELP = {
    "archive_size": "Bytes that an archive may have, as it comes: 512M, 4G.",
    "unpacked_size": "Bytes that may come out of the compression in an archive.",
    "document_size": "Bytes of a manifest or config in an archive.",
}


def size(text: str) -> int:
    """Read a number of bytes, possibly in units of 1024 and its powers."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no size; write 512M or 4G.")
    return int(found["number"]) * _UNITS[found["unit"].upper()]


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, which reach it as its argument `limits`."""
    defaults = Limits()

    @functools.wraps(command)
    def with_limits(*args: Any, **kwargs: Any) -> None:
        values = {field.name: kwargs.pop(f"max_{field.name}") for field in fields(Limits)}
        command(*args, limits=Limits(**values), **kwargs)

    decorated = click.option(
        "--max-files",
        "max_entries",
        type=click.IntRange(min=1),
        default=defaults.entries,
        show_default=True,
        help="Files, links and directories in an archive and its layers.",
    )(with_limits)
    for name, text in reversed(_HELP.items()):
        decorated = click.option(
            f"--max-{name.replace('_', '-')}",
            f"max_{name}",
            type=size,
            metavar="SIZE",
            default=_shown(getattr(defaults, name)),
            show_default=True,
            help=text,
        )(decorated)
    return decorated


def _shown(size: int) -> str:
    """Write a size in the largest unit that divides it."""
    unit = next(unit for unit in reversed(_UNITS) if size % _UNITS[unit] == 0)
    return f"{size // _UNITS[unit]}{unit}"
