from __future__ import annotations

import re

from muster.reports.matrix_html import anchor, history, matrix_html, over_versions
from tests.conformance.support.matrices import of_engines, of_runs


def test_the_page_contains_each_requirement_and_build() -> None:
    page = matrix_html(of_engines())

    for name in (
        *(r.id for r in of_engines().requirements),
        *(b.name for b in of_engines().builds),
    ):
        assert name in page


def test_releases_of_an_engine_are_adjacent_oldest_first() -> None:
    heads = re.findall(r'data-build="([^"]+)"', matrix_html(of_engines()))

    assert heads == ["Docker 28.5", "Docker 28.5, containerd store", "podman 4.3", "podman 10.0"]


def test_every_cell_links_to_an_anchor_on_the_page() -> None:
    page = matrix_html(of_engines())
    anchors = set(re.findall(r' id="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', page)

    assert links
    assert [each for each in links if each not in anchors] == []
    assert "LIST-ORDER--podman-4.3" in anchors


def test_a_cell_shows_its_finding_command_and_source() -> None:
    page = matrix_html(of_engines())

    assert "&lt;b&gt;a &amp; b&lt;/b&gt; stand in the wrong order" in page
    assert "curl &#39;http://x/&lt;script&gt;&#39;" in page
    assert '<a href="https://example.test/issue/1"' in page
    assert "javascript:alert" not in page
    assert "https://github.com/moby/moby/blob/v1.11.2/daemon/images.go" in page


def test_the_matrix_page_loads_no_external_resources() -> None:
    page = matrix_html(of_engines())

    assert "default-src &#39;none&#39;" in page
    assert re.findall(r"<(?:link|img|iframe)\b|\bsrc=|@import|url\(", page) == []


def test_the_history_lists_the_verdicts_of_releases() -> None:
    matrix = of_engines()
    order, equal, *_ = sorted(matrix.requirements, key=lambda each: each.id != "LIST-ORDER")

    assert dict(history(matrix, order)) == {
        "podman": "fails from 10.0 to 4.3.1",
        "Docker": "met in 28.5",
    }
    assert dict(history(matrix, equal)) == {"Docker, containerd store": "warns in 28.5"}


def test_each_build_says_at_which_api_versions_it_was_met_failed_or_not_checked() -> None:
    matrix = of_engines()
    order = next(each for each in matrix.requirements if each.id == "LIST-ORDER")
    told = {"Docker 28.5": "met at 1.24; open at 1.41; not checked at 1.44"}

    assert dict(over_versions(matrix, order)) == told
    assert f"<dd>{told['Docker 28.5']}</dd>" in matrix_html(matrix)


def test_any_runs_can_be_shown_as_a_page() -> None:
    page = matrix_html(of_runs())

    assert "images are missing" in page
    assert 'name="store"' not in page


def test_an_anchor_has_no_spaces() -> None:
    assert anchor("Docker 28.5, containerd store") == "docker-28.5-containerd-store"
