from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.model.version import ApiVersion


@pytest.mark.parametrize("text", ["1.23", "v1.23"])
def test_a_version_is_parsed_with_and_without_its_v(text: str) -> None:
    assert ApiVersion.parse(text) == ApiVersion(1, 23)
    assert str(ApiVersion.parse(text)) == "1.23"


@pytest.mark.parametrize(
    "text", ["", "1", "1.", ".23", "1.23.4", "V1.23", " 1.23", "1.23\n", "1.x"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        ApiVersion.parse(text)
    assert str(refused.value) == f"{text!r} is not an API version: write one such as 1.23"


def test_versions_are_ordered_by_their_numbers() -> None:
    assert ApiVersion(1, 9) < ApiVersion(1, 23) < ApiVersion(1, 100) < ApiVersion(2, 0)
