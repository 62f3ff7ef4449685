"""The report as a page, in a real browser; the tests themselves are in `page.test.mjs`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from muster.reports.html import html
from tests.browser import node
from tests.conformance.support import html_records as pages

FILE = "page.test.mjs"


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, re.Match[str]]:
    folder = tmp_path_factory.mktemp("browser")
    for record in (pages.report, pages.versions, pages.hostile):
        (folder / f"{record.__name__}.html").write_text(html(record()), encoding="utf-8")
    return node.run(FILE, folder, MUSTER_PAGES=str(folder))


@pytest.mark.parametrize("name", node.named_in(FILE))
def test_a_browser_test_passes_in_chromium(results: Mapping[str, re.Match[str]], name: str) -> None:
    assert name in results, "it was not run"
    assert results[name]["result"] == "ok", results[name]["more"]
