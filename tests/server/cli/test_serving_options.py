import click
import pytest
from click.testing import CliRunner

from musterd.cli.serving_options import REUSE, Serving, serving_options


def given(*arguments: str) -> tuple[int, str, list[Serving]]:
    found = []

    @click.command()
    @serving_options
    def command(*, serving: Serving) -> None:
        found.append(serving)

    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output, found


def test_without_options_there_is_one_worker_that_keeps_what_is_said() -> None:
    assert given() == (0, "", [Serving()])
    assert Serving() == Serving(workers=1, reuse=REUSE)


@pytest.mark.parametrize(
    ("arguments", "serving"),
    [
        (["--workers", "4"], Serving(workers=4)),
        (["--reuse-memory", "0"], Serving(reuse=0)),
        (["--reuse-memory", "1G", "--workers", "2"], Serving(workers=2, reuse=2**30)),
    ],
)
def test_the_options_say_how_much_of_the_machine_to_use(
    arguments: list[str], serving: Serving
) -> None:
    assert given(*arguments) == (0, "", [serving])


@pytest.mark.parametrize(
    "arguments", [["--workers", "0"], ["--workers", "65"], ["--reuse-memory", "much"]]
)
def test_what_cannot_be_is_refused(arguments: list[str]) -> None:
    status, output, found = given(*arguments)
    assert (status, found) == (2, [])
    assert f"Invalid value for '{arguments[0]}'" in output
