from typing import Any

import cloup
import pytest
from click.testing import CliRunner

from musterd.api.middleware import response_cache
from musterd.archives.limits import Limits
from musterd.cli import main
from musterd.cli.options import ServingOptions, archive_options, serving_options


def limits(*arguments: str) -> Limits | str:
    found: list[Limits] = []

    @cloup.command()
    @archive_options
    def command(*, limits: Limits) -> None:
        found.append(limits)

    result = CliRunner().invoke(command, arguments)
    return found[0] if found else result.output


def serving(*arguments: str) -> ServingOptions | str:
    found: list[ServingOptions] = []

    @cloup.command()
    @serving_options
    def command(*, serving: ServingOptions) -> None:
        found.append(serving)

    result = CliRunner().invoke(command, arguments)
    return found[0] if found else result.output


def test_the_defaults_are_those_of_the_limits() -> None:
    assert limits() == Limits()


def test_every_limit_has_an_option() -> None:
    options = "--max-archive-size=1G --max-unpacked-size=2gb --max-document-size=3k --max-files=4"
    assert limits(*options.split()) == Limits(
        archive_size=2**30, unpacked_size=2**31, document_size=3 * 2**10, entries=4
    )
    assert limits("--max-archive-size=7") == Limits(archive_size=7)


@pytest.mark.parametrize("size", ["", "-1", "1.5G", "many", "9" * 20])
def test_invalid_sizes_are_refused(size: str) -> None:
    assert "is not a size; write 512M or 4G." in str(limits(f"--max-archive-size={size}"))


@pytest.mark.parametrize(
    ("arguments", "workers", "cache"),
    [
        ([], 1, response_cache.DEFAULT_SIZE),
        (["--workers", "4"], 4, response_cache.DEFAULT_SIZE),
        (["--response-cache", "0"], 1, 0),
        (["--response-cache", "1G", "--workers", "2"], 2, 2**30),
    ],
)
def test_the_options_set_the_workers_and_the_cache_size(
    arguments: Any, workers: int, cache: int
) -> None:
    assert serving(*arguments) == ServingOptions(workers=workers, response_cache=cache)


@pytest.mark.parametrize(
    "arguments", [["--workers", "0"], ["--workers", "65"], ["--response-cache", "much"]]
)
def test_out_of_range_values_are_refused(arguments: list[str]) -> None:
    assert f"Invalid value for '{arguments[0]}'" in str(serving(*arguments))


def test_help_shows_options_in_groups_with_headings() -> None:
    shown = CliRunner().invoke(main.commands, ["serve", "--help"]).output
    headings = [line[:-1] for line in shown.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [
        *("Catalogue", "Addresses", "Engine", "Registries", "Access", "Encryption"),
        *("Connections", "Resources", "Archives", "Testing clients", "Other options"),
    ]
