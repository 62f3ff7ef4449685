from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.plot import Figure, drawn
from benchmarks.questions import DIFFERENT, DIFFERENT_LABEL
from benchmarks.targets import SQLITE

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("file", sorted(DOCS.rglob("*.svg")), ids=lambda file: file.stem)
def test_a_picture_loads_no_external_resources(file: Path) -> None:
    text = file.read_text()
    ET.fromstring(text)  # noqa: S314 - our own
    assert "href" not in text
    assert "url(http" not in text
    assert "@import" not in text


def test_bars_are_to_scale_and_lines_have_a_legend() -> None:
    lines = {(SQLITE, each.name): [(10, 1.0), (100, 2.0)] for each in (DIFFERENT, DIFFERENT_LABEL)}
    svg = ET.fromstring(drawn(Figure({10: {SQLITE: 50.0, "nginx": 100.0}}, lines)))  # noqa: S314
    bars = [float(each.attrib["width"]) for each in svg.iter(f"{SVG}rect") if "y" in each.attrib]
    short, long = (width for width in bars if width > 20)
    assert long == 2 * short
    texts = [each.text for each in svg.iter(f"{SVG}text")]
    assert {SQLITE, "nginx", "all images", "three images by label"} <= set(texts)
    dashes = [each.attrib["stroke-dasharray"] for each in svg.iter(f"{SVG}polyline")]
    assert len(set(dashes)) == 2
