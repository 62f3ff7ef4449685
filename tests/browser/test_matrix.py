"""The matrix of engines, in a real browser; the tests themselves are in `matrix.test.mjs`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from muster.reports.matrix_html import matrix_html
from tests.browser import node
from tests.conformance.support.matrices import of_engines

FILE = "matrix.test.mjs"


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, re.Match[str]]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "matrix.html").write_text(matrix_html(of_engines()), encoding="utf-8")
    return node.run(FILE, folder, MUSTER_PAGES=str(folder))


@pytest.mark.parametrize("name", node.named_in(FILE))
def test_a_browser_test_passes_in_chromium(results: Mapping[str, re.Match[str]], name: str) -> None:
    assert name in results, "it was not run"
    assert results[name]["result"] == "ok", results[name]["more"]
