"""Tests of the site: it builds completely, its links resolve, and Chromium reports no problems."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import muster_openapi
from muster.register.requirements import register
from tests.browser import node

FILE = "site.test.mjs"
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; any warning of Sphinx fails."""
    output = tmp_path_factory.mktemp("site") / "html"
    # In a process of its own: Sphinx changes what Python does with warnings.
    command = [sys.executable, "-m", "tools.site", output]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return output


class Page(HTMLParser):
    """The ids of a page, its links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids = {""}
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if "src" in given:
            self.loaded.add(given["src"])
        if "href" in given:
            (self.links if tag == "a" else self.loaded).add(given["href"])


@cache
def parsed(file: Path) -> Page:
    return Page(file.read_text(encoding="utf-8"))


def dead(site: Path, file: Path) -> Iterator[str]:
    """Yield the broken links of *file*."""
    for link in parsed(file).links | parsed(file).loaded:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        target = target / "index.html" if target.is_dir() else target
        is_there = target.is_relative_to(site) and target.is_file()
        if not is_there or (target.suffix == ".html" and parts.fragment not in parsed(target).ids):
            yield link


def test_every_link_of_the_site_resolves(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 150
    found = {(str(page.relative_to(site)), link) for page in pages for link in dead(site, page)}
    assert found == set()


def test_the_site_loads_no_external_resources(site: Path) -> None:
    loaded = {each for page in site.rglob("*.html") for each in parsed(page).loaded}
    assert {each for each in loaded if urlsplit(each).scheme not in {"", "data"}} == set()
    styles = "".join(file.read_text() for file in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?https?:|@import", styles) == []


def test_every_guide_requirement_and_document_has_a_page(site: Path) -> None:
    guides = {file.stem for file in DOCS.glob("*.md")} - {"README"}
    results = {f"results/{file.stem}" for file in (DOCS / "results").glob("*.md")}
    requirements = {f"requirements/{name}" for name in register()}
    documents = {f"contract/{version}" for version in muster_openapi.VERSIONS}
    for page in guides | results | requirements | documents | {"matrix"}:
        assert (site / page / "index.html").is_file(), page


@pytest.fixture(scope="session")
def results(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, re.Match[str]]:
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            folder = tmp_path_factory.mktemp("browser")
            address = f"http://127.0.0.1:{server.server_port}/"
            return node.run(FILE, folder, MUSTER_SITE=address)
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("name", node.named_in(FILE))
def test_a_browser_test_passes_in_chromium(results: Mapping[str, re.Match[str]], name: str) -> None:
    assert name in results, "it was not run"
    assert results[name]["result"] == "ok", results[name]["more"]
