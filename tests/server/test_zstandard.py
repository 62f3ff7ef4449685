from __future__ import annotations

import runpy
import sys

import pytest

from musterd import zstandard


def test_zstd_is_installed_with_the_tests() -> None:
    assert zstandard.IS_INSTALLED


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="zstd is part of this Python")
def test_zstd_is_none_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backports", None)
    loaded = runpy.run_path(zstandard.__file__)
    assert (loaded["zstd"], loaded["IS_INSTALLED"]) == (None, False)
