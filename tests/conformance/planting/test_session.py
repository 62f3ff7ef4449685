from __future__ import annotations

import pytest

from muster.planting.session import PlantingOptions


def test_messages_are_dropped_without_a_listener(
    capsys: pytest.CaptureFixture[str],
) -> None:
    PlantingOptions().tell("images are left behind")
    assert capsys.readouterr() == ("", "")
