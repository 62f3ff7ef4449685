from __future__ import annotations

import pytest

from musterd import extras


def test_a_missing_package_is_reported_with_its_extra() -> None:
    error = ModuleNotFoundError("No module named 'cloup'", name="cloup.constraints")
    assert extras.advice(error, "server") == (
        "the Python package cloup is not installed; run pip install 'passmuster[server]'"
    )


@pytest.mark.parametrize("name", ["musterd.cli.nonsense", "muster_openapi"])
def test_no_extra_is_suggested_for_musterds_own_modules(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module"):
        extras.advice(ModuleNotFoundError("No module", name=name), "server")
