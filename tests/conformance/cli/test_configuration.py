from __future__ import annotations

import json
from pathlib import Path

import pytest

from muster.cli.configuration import find
from muster.register.requirements import requirements
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.servers import Served

ALL = len(requirements())
"""Requirements that are checked."""


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a current folder, and return the one above."""
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def settings(target: object) -> str:
    return f"""
target = "{target}"
api-version = "1.23"
only = ["LIST-ORDER", "HTTP-HEAD"]
max-examples = 3
timeout = 9.5
strict = true
header = ["X-Team: images"]
json = "run.json"
"""


def record(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "run.json").read_text())
    return content


@pytest.mark.parametrize("project", [False, True])
def test_options_come_from_the_nearest_file(
    muster: Muster, folder: Path, tcp: Served, project: bool
) -> None:
    text = settings(tcp.target)
    if project:
        (folder / "pyproject.toml").write_text(f"[project]\nname = 'x'\n[tool.muster]\n{text}")
    else:
        (folder / "muster.toml").write_text(text)
    ended = muster("check")
    assert (ended.status, ended.err) == (0, "")
    made = record(folder)
    assert (made["target"], made["api_version"], made["strict"]) == (str(tcp.target), "1.23", True)
    options = made["options"]
    assert isinstance(options, dict)
    assert options["only"] == ["LIST-ORDER", "HTTP-HEAD"]
    assert (options["max_examples"], options["timeout"]) == (3, 9.5)


def test_the_command_line_overrides_the_configuration_file(
    muster: Muster, folder: Path, tcp: Served
) -> None:
    (folder / "muster.toml").write_text(settings("http://127.0.0.1:1"))
    assert muster("check", tcp.target, "--only", "HTTP-HEAD").status == 0
    options = record(folder)["options"]
    assert isinstance(options, dict)
    assert options["only"] == ["HTTP-HEAD"]


def test_a_configuration_file_can_be_chosen(muster: Muster, folder: Path, tcp: Served) -> None:
    (folder / "muster.toml").write_text("nonsense = 1")
    (folder / "ci.toml").write_text(settings(tcp.target))
    assert muster("--config", folder / "ci.toml", "check").status == 0


def test_options_for_check_do_not_affect_other_commands(
    muster: Muster, folder: Path, tcp: Served
) -> None:
    (folder / "muster.toml").write_text(settings(tcp.target))
    assert muster("check").status == 0
    assert muster("replay", folder / "run.json", "LIST-ORDER").status == 0
    assert muster("list").status == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("api-versions = '1.23'", "there is no option api-versions: did you mean api-version?"),
        ("xyz = 1", "there is no option xyz: `muster check --help` lists all"),
        ("plant = 'yes'", "plant: true or false is needed, not 'yes'"),
        ("seed = true", "seed: a string or a number is needed, not True"),
        ("seed = [1]", "seed: one value is needed, not a list"),
        ("only = [{}]", "only: a string or a number is needed, not {}"),
        ("x = ", "is not TOML"),
    ],
)
def test_errors_in_the_configuration_file_are_reported(
    muster: Muster, folder: Path, text: str, told: str
) -> None:
    file = folder / "muster.toml"
    file.write_text(text)
    ended = muster("check")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"muster: {file}")
    assert told in ended.err


def test_configured_values_are_validated_like_options(muster: Muster, folder: Path) -> None:
    (folder / "muster.toml").write_text("timeout = 0")
    ended = muster("check")
    assert ended.status == 2
    assert "Invalid value for '--timeout'" in ended.err


def test_a_single_value_stands_for_a_list(muster: Muster, folder: Path, tcp: Served) -> None:
    (folder / "muster.toml").write_text("only = 'HTTP-HEAD'")
    ended = muster("check", tcp.target, "--api-version", "1.23")
    assert f"1 of {ALL} requirements checked" in " ".join(ended.out.split())


def test_an_invalid_configuration_table_is_reported(muster: Muster, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool]\nmuster = 1")
    ended = muster("check")
    assert ended.status == 2
    assert "[tool.muster] must be a table of options" in ended.err


def test_a_missing_input_file_is_reported(muster: Muster, folder: Path) -> None:
    ended = muster("--config", folder / "none.toml", "check")
    assert ended.status == 2
    assert "none.toml: No such file or directory" in ended.err


def test_a_pyproject_without_a_muster_table_is_skipped(folder: Path) -> None:
    (folder / "below" / "pyproject.toml").write_text("[tool.ruff]")
    assert find(folder / "below") is None
    (folder / "muster.toml").touch()
    assert find(folder / "below") == folder / "muster.toml"
    (folder / "below" / "pyproject.toml").write_text("[tool.muster]")
    assert find(folder / "below") == folder / "below" / "pyproject.toml"


def test_a_dash_means_standard_output_in_the_configuration(
    muster: Muster, folder: Path, tcp: Served
) -> None:
    (folder / "muster.toml").write_text("json = '-'\nonly = 'HTTP-HEAD'")
    assert json.loads(muster("check", tcp.target).out)["format"] == 1
