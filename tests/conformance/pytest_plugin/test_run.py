from __future__ import annotations

import pytest

from muster.pytest_plugin import run


def test_the_plugin_writes_messages_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    run._tell("images are left behind")  # noqa: SLF001 - what the plugin hands in
    assert capsys.readouterr().err == "muster: images are left behind\n"
