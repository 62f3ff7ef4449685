from __future__ import annotations

import pytest

from muster.planting.session import PlantingOptions


def test_nobody_is_told_anything_unless_somebody_listens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    PlantingOptions().tell("images are left behind")
    assert capsys.readouterr() == ("", "")
