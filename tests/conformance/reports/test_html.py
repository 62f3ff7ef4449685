from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from muster.record.record import RecordedBaseline
from muster.reports.html import html
from tests.conformance.support import html_records as pages


class Outline(HTMLParser):
    """The content of a page: elements with their attributes, and the text of selected ones."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag != "label":  # the options of its select have no closing tag
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data

    def all(self, tag: str, name: str) -> list[str | None]:
        return [attrs[name] for each, attrs in self.elements if each == tag and name in attrs]


def test_the_page_lists_the_whole_register_failures_first() -> None:
    shown = Outline(html(pages.report()))
    assert [text.rpartition(" ")[0] for text in shown.texts["h2"]] == [
        "Not met",
        "Warnings",
        "Not enough evidence",
        "Known departures",
        "Observed, not judged",
        "Met",
        "Not checked",
    ]
    assert shown.all("article", "id") == [
        "LIST-FAILS",
        "LIST-WARNS",
        "LIST-LACKS",
        "LIST-KNOWN",
        "HTTP-SEEN",
        "LIST-HOLDS",
        "LIST-LATER",
    ]


def test_each_clause_has_its_verdict_text_and_source() -> None:
    shown = Outline(html(pages.report()))
    badges = [text.split()[0] for text in shown.texts["article"]]
    assert badges == ["fail", "warn", "inconclusive", "known", "observe", "pass", "not"]
    assert shown.texts["h3"][0] == "The rule of fails."
    assert shown.texts["blockquote"][0] == "the words of LIST-FAILSseed: Query Parameters"


def test_a_finding_shows_its_exchange_difference_and_reproduction() -> None:
    page = html(pages.report())
    told = Outline(page).texts["article"][0]
    for part in (
        "Finding: images are missing",
        "Request: /images/json?filter=it's",
        "- missing: a",
        "+ unexpected: b",
        "… and 3 more lines",
        "GET /v1.24/images/json?filter=it's\nX-A: b\n",
        "200\ncontent-type: application/json\n",
        '\n    "RepoTags": [\n      "a:1",\n',
        "Response: none (the server closed the connection",
        pages.CURL,
        "Clients would break.",
        "Servers that failed it: podman 4.3",
    ):
        assert part in told


def test_differences_within_a_line_are_marked() -> None:
    page = html(pages.report())
    assert '<span class="expected">- RepoTags of b: [a:1, <b>b</b>:1]\n' in page
    assert '<span class="got">+ RepoTags of b: [a:1, <b>c</b>:1]\n' in page


def test_baseline_entries_and_problems_are_shown() -> None:
    shown = Outline(html(pages.report()))
    assert "Known: old engine (https://localhost/issue/1), until 2030-01-01" in " ".join(
        shown.texts["article"][3].split()
    )
    assert "known.toml: LIST-HOLDS passes: take it out" in shown.texts["header"][0]


def test_only_links_to_the_web_are_links() -> None:
    links = [Outline(html(record)).all("a", "href") for record in (pages.report(), pages.hostile())]
    assert "https://localhost/issue/1" in links[0]
    assert all(str(link).startswith("#") for link in links[1])


def test_identical_findings_at_several_versions_are_merged() -> None:
    shown = Outline(html(pages.versions()))
    fails, known, *_ = shown.texts["article"]
    assert " ".join(fails.split()).count("API 1.24") == 1
    assert "API 1.24, 1.25 Finding: it is old" in " ".join(known.split())
    assert "API 1.24 Not checked: not before API 1.25" in " ".join(
        shown.texts["article"][3].split()
    )
    assert shown.texts["option"][0].strip() == "all"


def test_a_single_version_has_no_version_filter() -> None:
    assert 'name="version"' not in html(pages.report())
    assert 'name="version"' in html(pages.versions())


def test_an_unfinished_run_is_marked_in_the_header() -> None:
    record = pages.record(pages.PASSED, aborted_because="interrupted", exit_status=130)
    assert "Not finished: interrupted" in Outline(html(record)).texts["header"][0]


def test_the_baseline_file_is_named() -> None:
    record = pages.record(pages.PASSED, baseline=RecordedBaseline(file="known.toml"))
    assert "known.toml" in Outline(html(record)).texts["dd"]


def test_the_heading_is_the_engine_or_the_address() -> None:
    assert Outline(html(pages.report())).texts["h1"] == ["Engine 1.11.2"]
    record = pages.record(pages.PASSED, server={})
    assert Outline(html(record)).texts["h1"] == ["http://localhost:2375"]


def test_server_content_cannot_add_elements() -> None:
    kinds = {tag for tag, _ in Outline(html(pages.hostile())).elements}
    assert not kinds & {"img", "base", "iframe", "object", "embed", "form action"}
    assert [tag for tag, _ in Outline(html(pages.hostile())).elements].count("script") == 1


def test_control_characters_are_removed() -> None:
    page = html(pages.hostile())
    assert {each for each in page if not each.isprintable()} == {"\n"}
    assert page.encode()


def test_the_policy_allows_only_the_pages_own_script_and_style() -> None:
    page = html(pages.report())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert rules.pop("default-src") == "'none'"
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        (source,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules.pop(kind) == f"'sha256-{digest}'"
    assert rules == {"base-uri": "'none'", "form-action": "'none'"}


def test_the_page_loads_no_external_resources() -> None:
    page = html(pages.report())
    assert not re.search(r"\ssrc\s*=|@import|url\(|<link\b", page)


def test_the_page_is_reproducible() -> None:
    assert html(pages.report()) == html(pages.report())


def test_the_run_is_summarized_by_group_and_version() -> None:
    one, two = Outline(html(pages.report())), Outline(html(pages.versions()))
    assert len(one.texts["table"]) == 1
    assert one.texts["caption"] == ["Requirements by group and verdict"]
    rows = [" ".join(row.split()) for row in two.texts["tr"]]
    assert "LIST-FAILSfailpass" in rows
    assert "LIST-KNOWNknown" in rows
    assert ("td", {"class": "known", "colspan": "2"}) in two.elements


def test_a_shared_exchange_is_stored_once() -> None:
    page = html(pages.record(pages.FAILED, replace(pages.WARNED, exchanges=(pages.LISTING,))))
    assert page.count("b" * 64) == 1
    assert page.count('id="exchange-1"') == 1
    assert page.count('data-same="exchange-1"') == 1
    assert 'The same <a href="#exchange-1">exchange</a> as above.' in page


def test_every_requirement_explains_why_it_matters() -> None:
    articles = Outline(html(pages.report())).texts["article"]
    assert ["Why it matters: Clients would break." in each for each in articles] == [True] * 7


def test_sources_and_issues_are_links() -> None:
    requirement = replace(pages.FAILS, source="RFC 8259, 4", seen=("moby#9602", "podman 4.3"))
    page = html(pages.record(pages.FAILED, requirements=(requirement,)))
    found = dict(re.findall(r'<a href="(https:[^"]+)" rel="noreferrer">([^<]+)</a>', page))
    assert found == {
        "https://www.rfc-editor.org/rfc/rfc8259#section-4": "RFC 8259, 4",
        "https://github.com/moby/moby/issues/9602": "moby#9602",
    }
