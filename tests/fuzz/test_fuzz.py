"""Some inputs for each target, the same each time; `make fuzz` tries others for longer."""

from collections.abc import Iterator

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import Target, targets


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Target]]:
    with targets() as found:
        yield found


@pytest.mark.parametrize("name", ["tar", "archive", "layout", "filters", "paths", "signatures"])
@pytest.mark.usefixtures("uncovered")
def test_no_input_breaks_anything(found: dict[str, Target], name: str) -> None:
    fuzz(found[name], 40, 1)


def test_all_targets_are_tried(found: dict[str, Target]) -> None:
    assert list(found) == ["tar", "archive", "layout", "filters", "paths", "signatures"]
