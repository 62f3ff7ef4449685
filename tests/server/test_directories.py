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
def test_the_environment_variable_sets_the_directory(
    monkeypatch: pytest.MonkeyPatch, variable: str, directory: Callable[[], Path], default: str
) -> None:
    del default
    monkeypatch.setenv(variable, "/somewhere")
    assert directory() == Path("/somewhere/musterd")


@BOTH
@pytest.mark.parametrize("value", ["", "relative"])
def test_the_default_directory_is_in_the_home_directory(
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    directory: Callable[[], Path],
    default: str,
    value: str,
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("HOME", "/home/me")
    assert directory() == Path("/home/me", default, "musterd")


def test_a_missing_home_directory_is_reported_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(MusterdError, match=r"no home directory .*; set HOME or XDG_DATA_HOME$"):
        directories.data_directory()
