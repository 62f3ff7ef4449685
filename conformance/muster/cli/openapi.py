"""The commands `muster openapi`, which print the contract and its history."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

import muster_openapi
from muster.errors import UsageError
from muster.model.version import NEWEST, SUPPORTED_VERSIONS, ApiVersion
from muster_openapi import history

_WIDTH = 100
_MARKS: dict[history.Kind, str] = {"new": "+", "changed": "~", "gone": "-"}

_output = click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write it there.  [default: standard output]",
)


class _Documents(click.Group):
    """A group whose command `show` need not be named: `muster openapi 1.23`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *self.get_help_option_names(ctx)}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(
    "openapi",
    cls=_Documents,
    short_help="Print the OpenAPI document of an API version.",
    subcommand_metavar="V | diff OLDER NEWER | schemathesis",
)
def openapi_() -> None:
    """Print the contract: the OpenAPI document of API version V, e.g. 1.23 or 1.30.

    `muster openapi V --help` shows its options.
    """


@openapi_.command("show", hidden=True)
@click.argument("version", metavar="V")
@click.option(
    "--shape",
    type=click.Choice(["served", "client", "fuzz"]),
    default="served",
    show_default=True,
    help="The document that servers and suites work from, that for client generators, or that for "
    "Schemathesis.",
)
@click.option("--form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option(
    "--openapi",
    "dialect",
    type=click.Choice(["3.0", "3.1"]),
    default="3.0",
    show_default=True,
    help="The version of OpenAPI.",
)
@_output
def show(
    version: str,
    shape: muster_openapi.Shape,
    form: muster_openapi.Form,
    dialect: muster_openapi.Dialect,
    output: Path | None,
) -> None:
    """Print the OpenAPI document of API version V, e.g. 1.23 or 1.30."""
    try:
        text = muster_openapi.text(str(_described(version)), shape, form, dialect)
    except muster_openapi.NoSuchDocument as error:
        raise UsageError(str(error)) from None
    _write(text, output)


@openapi_.command("diff")
@click.argument("older")
@click.argument("newer")
@_output
def diff(older: str, newer: str, output: Path | None) -> None:
    """Show what changed between two API versions, rule by rule: `muster openapi diff 1.41 1.44`.

    Each rule is marked + if it is new, ~ if its text changed, and - if
    it holds no more. The source stands in brackets.
    """
    versions = [str(_described(each)) for each in (older, newer)]
    try:
        found = history.changes(*versions)
    except muster_openapi.UnknownVersion as error:
        raise UsageError(str(error)) from None
    text = "\n\n".join(map(_told, found)) or f"Nothing changed from {older} to {newer}."
    _write(f"{text}\n", output)


@openapi_.command("schemathesis")
@_output
def schemathesis(output: Path | None) -> None:
    """Print the schemathesis.toml that goes with documents of the shape `fuzz`."""
    _write(muster_openapi.SCHEMATHESIS_CONFIG, output)


def _described(version: str) -> ApiVersion:
    """Read a version, and refuse one that no document describes."""
    wanted = ApiVersion.parse(version)
    oldest = SUPPORTED_VERSIONS[0]
    if not oldest <= wanted <= NEWEST:
        raise UsageError(f"there is no document of API version {wanted}: {oldest} to {NEWEST}")
    return wanted


def _told(change: history.Change) -> str:
    """Write the changes of one version."""
    return "\n".join(
        [
            change.title,
            "",
            *(_wrapped(reason, "  * ") for reason in change.reasons),
            *([""] if change.rules else []),
            *(_wrapped(f"{rule.name}: {rule.text}", f"  {_MARKS[rule.kind]} ")
              for rule in change.rules),
        ]
    )  # fmt: skip


def _wrapped(text: str, bullet: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
