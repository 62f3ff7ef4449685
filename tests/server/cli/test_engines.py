"""The commands `musterd engines` and `musterd departures`, and the options that choose one."""

from click.testing import CliRunner

from musterd.cli import main
from musterd.contract.engines import ENGINES
from musterd.departures.table import DEPARTURES


def test_all_engines_are_listed_with_their_versions() -> None:
    lines = CliRunner().invoke(main.commands, ["engines"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(ENGINES)
    shown = [line.split(maxsplit=2) for line in lines]
    assert ["docker-28", "1.24-1.51", "Docker 28.5.2 with graph drivers"] in shown


def test_all_departures_are_listed_with_their_sources() -> None:
    lines = CliRunner().invoke(main.commands, ["departures"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(DEPARTURES)
    assert all("https://" in line for line in lines)
