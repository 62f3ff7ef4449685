"""The command `musterd engines`, and the options that choose one."""

from click.testing import CliRunner

from musterd.cli import main
from musterd.cli.options import EngineOptions
from musterd.contract.engines import ENGINES


def test_all_engines_are_listed_with_their_versions() -> None:
    lines = CliRunner().invoke(main.commands, ["engines"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(ENGINES)
    assert "docker-28     1.24-1.51  Docker 28.5.2 with graph drivers" in lines


def test_the_options_choose_an_engine_and_its_range() -> None:
    chosen = EngineOptions(engine="docker-29", api_min="1.24", api_max=None).chosen()
    assert (chosen.name, str(chosen.oldest), str(chosen.newest)) == ("docker-29", "1.24", "1.56")
