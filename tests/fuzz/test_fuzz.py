"""Some inputs for each target, the same each time; `make fuzz` tries others for longer."""

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st

from musterd.archives import tar
from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import Target, targets


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Target]]:
    with targets() as found:
        yield found


@pytest.mark.parametrize("name", ["tar", "archive", "layout", "filters", "paths", "signatures"])
@pytest.mark.usefixtures("uncovered")
def test_no_input_breaks_anything(found: dict[str, Target], name: str) -> None:
    fuzz(found[name], 25, 1)


def test_all_targets_are_fuzzed(found: dict[str, Target]) -> None:
    assert list(found) == ["tar", "archive", "layout", "filters", "paths", "signatures"]


@pytest.mark.usefixtures("uncovered")
def test_an_exception_is_found(found: dict[str, Target], monkeypatch: pytest.MonkeyPatch) -> None:
    def payload(*_: object) -> bytes:
        raise KeyError("path")

    monkeypatch.setattr(tar._Reader, "_payload", payload)  # noqa: SLF001
    with pytest.raises(KeyError):
        fuzz(found["tar"], 50, 1)


def test_an_input_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(st.binary(), lambda _: None, len)
    target(b"x")
    monkeypatch.setattr("tests.fuzz.targets._SECONDS", -1.0)
    with pytest.raises(AssertionError, match="of processor time"):
        target(b"x")
