from __future__ import annotations

import pytest

from muster import extras


def test_a_missing_package_is_reported_with_its_extra() -> None:
    error = ModuleNotFoundError("No module named 'rich'", name="rich")
    assert extras.advice(error, "conformance") == (
        "the Python package rich is not installed; run pip install 'passmuster[conformance]'"
    )


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module", name="schemathesis.moved"),
        ImportError("cannot import name", name="schemathesis"),
    ],
)
def test_an_incompatible_release_is_reported(error: ImportError) -> None:
    assert extras.advice(error, "fuzz") == (
        "the installed release of the Python package schemathesis does not fit; "
        "run pip install 'passmuster[fuzz]'"
    )


@pytest.mark.parametrize("name", ["muster.cli.nonsense", "muster_openapi"])
def test_no_extra_is_suggested_for_musters_own_modules(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module"):
        extras.advice(ModuleNotFoundError("No module", name=name), "conformance")
