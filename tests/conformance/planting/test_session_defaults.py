from __future__ import annotations

import pytest

from muster.planting.session import PlantingOptions
from muster.pytest_plugin import run
from muster.register.requirements import requirements
from muster.suite import session


def test_nobody_is_told_anything_unless_somebody_listens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    PlantingOptions().tell("images are left behind")
    with session._silent(1) as progress:  # noqa: SLF001 - the default, which nobody names
        progress(next(iter(requirements().values())))
    assert capsys.readouterr() == ("", "")


def test_the_plugin_tells_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    run._tell("images are left behind")  # noqa: SLF001 - what the plugin hands in
    assert capsys.readouterr().err == "muster: images are left behind\n"
