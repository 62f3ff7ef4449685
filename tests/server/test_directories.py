from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from musterd import directories
from musterd.errors import MusterdError

BOTH = pytest.mark.parametrize(
    ("variable", "directory", "default"),
    [
        ("XDG_DATA_HOME", directories.data_directory, ".local/share"),
        ("XDG_CONFIG_HOME", directories.config_directory, ".config"),
    ],
)


@BOTH
def test_a_directory_is_where_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, variable: str, directory: Callable[[], Path], default: str
) -> None:
    del default
    monkeypatch.setenv(variable, "/somewhere")
    assert directory() == Path("/somewhere/musterd")


@BOTH
@pytest.mark.parametrize("value", ["", "relative"])
def test_without_a_valid_variable_it_is_in_the_home_directory(
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    directory: Callable[[], Path],
    default: str,
    value: str,
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("HOME", "/home/me")
    assert directory() == Path("/home/me", default, "musterd")


def test_a_user_without_home_directory_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(MusterdError, match=r"no home directory .*; set HOME or XDG_DATA_HOME$"):
        directories.data_directory()
