from __future__ import annotations

import pytest

from musterd import extras


def test_a_missing_package_is_named_with_the_extra_that_installs_it() -> None:
    error = ModuleNotFoundError("No module named 'cloup'", name="cloup.constraints")
    assert extras.advice(error, "server") == (
        "the Python package cloup is not installed; run pip install 'passmuster[server]'"
    )


@pytest.mark.parametrize("name", ["musterd.cli.nonsense", "muster_openapi"])
def test_no_extra_is_offered_for_a_module_of_musterd(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module"):
        extras.advice(ModuleNotFoundError("No module", name=name), "server")
