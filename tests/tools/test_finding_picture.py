"""The pictures of the README show the finding that a page of docs/ shows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tools import finding_picture

PAGE = finding_picture.PAGE.read_text(encoding="utf-8")
TEXT = finding_picture.finding(PAGE)


@pytest.mark.parametrize("path", sorted(finding_picture.files()), ids=lambda path: path.name)
def test_the_pictures_are_up_to_date(path: object) -> None:
    written = {each: each.read_text(encoding="utf-8") for each in finding_picture.files()}
    assert written[path] == finding_picture.files()[path], "`make docs` draws it anew"


@pytest.mark.parametrize("theme", [finding_picture.LIGHT, finding_picture.DARK])
def test_the_picture_contains_every_word_of_the_finding(
    theme: finding_picture.TerminalTheme,
) -> None:
    svg = ET.fromstring(finding_picture.picture(TEXT, theme, "x"))  # noqa: S314 - our own
    shown = " ".join("".join(svg.itertext()).replace("\xa0", " ").split())
    assert [word for word in TEXT.split() if word not in shown] == []


def test_a_finding_picture_loads_no_external_resources() -> None:
    for text in finding_picture.files().values():
        assert "href" not in text
        assert re.findall(r"url\((?!#)", text) == []
        assert "@import" not in text


def test_a_page_without_a_finding_is_an_error() -> None:
    with pytest.raises(ValueError, match="shows no finding"):
        finding_picture.finding("```\nPASS\n```")
