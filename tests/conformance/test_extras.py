from __future__ import annotations

import pytest

from muster import extras


def test_a_missing_package_is_named_with_the_extra_that_installs_it() -> None:
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
def test_a_release_that_lacks_what_is_needed_does_not_fit(error: ImportError) -> None:
    assert extras.advice(error, "fuzz") == (
        "the installed release of the Python package schemathesis does not fit; "
        "run pip install 'passmuster[fuzz]'"
    )


@pytest.mark.parametrize("name", ["muster.cli.nonsense", "muster_openapi"])
def test_no_extra_is_offered_for_a_module_of_muster(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module"):
        extras.advice(ModuleNotFoundError("No module", name=name), "conformance")
