import click
import pytest
from click.testing import CliRunner

from musterd.archives.limits import Limits
from musterd.cli.limit_options import limit_options


def limits(*arguments: str) -> Limits | str:
    found: list[Limits] = []

    @click.command()
    @limit_options
    def command(*, limits: Limits) -> None:
        found.append(limits)

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
def test_other_sizes_are_refused(size: str) -> None:
    assert "is no size; write 512M or 4G." in str(limits(f"--max-archive-size={size}"))
