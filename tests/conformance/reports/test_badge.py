from __future__ import annotations

import dataclasses
import json
from xml.etree import ElementTree as ET

import pytest

from muster.register.verdict import Verdict
from muster.reports import badge
from tests.conformance.support.runs import FAILED, PASSED, UNTRIED, at, made, run

SVG = "{http://www.w3.org/2000/svg}"
MET = {"LIST-ORDER": Verdict.PASS, "LIST-LABEL-KEY": Verdict.PASS, "LIST-EMPTY": Verdict.OBSERVE}


def root_of(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def texts(svg: str) -> list[str]:
    return [str(each.text) for each in root_of(svg).iter(f"{SVG}text")]


def test_a_badge_counts_met_requirements_by_group() -> None:
    shown = badge.svg("Docker", {**MET, "LIST-LABEL-AND": Verdict.FAIL})

    assert texts(shown) == [
        "List Images", "list 1/1", "filters 1/2", "errors not checked",
        "multi-platform not checked",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "colour", "name"),
    [
        (MET, badge.GREEN, "brightgreen"),
        ({**MET, "LIST-INFO-COUNT": Verdict.WARN}, badge.YELLOW, "yellow"),
        ({**MET, "LIST-ORDER": Verdict.FAIL}, badge.RED, "red"),
        ({}, badge.GREY, "lightgrey"),
    ],
)
def test_the_worst_verdict_gives_the_colour(
    verdicts: dict[str, Verdict], colour: str, name: str
) -> None:
    assert json.loads(badge.endpoint(verdicts))["color"] == name
    root = root_of(badge.svg("x", verdicts))
    fills = [each.get("fill") for each in root.iter(f"{SVG}rect")]
    assert colour in fills


def test_the_parts_of_a_badge_are_adjacent() -> None:
    root = root_of(badge.svg("x", MET))
    spans = [(int(each.get("x", 0)), int(each.get("width", 0))) for each in root.iter(f"{SVG}rect")]

    assert [left + width for left, width in spans] == [
        *(left for left, _ in spans[1:]),
        int(root.get("width", 0)),
    ]


def test_the_badge_shows_the_worst_verdict_of_all_versions() -> None:
    label = "LIST-LABEL-KEY"
    failed, passed = (
        dataclasses.replace(each, requirement=dataclasses.replace(each.requirement, id=label))
        for each in (FAILED, PASSED)
    )
    record = made(run(failed, UNTRIED), at("1.44", run(passed)))

    assert badge.verdicts_of(record) == {label: Verdict.FAIL}
    assert json.loads(badge.shield(record)) == {
        "schemaVersion": 1,
        "label": "List Images",
        "message": "list not checked, filters 0/1, errors not checked, multi-platform not checked",
        "color": "red",
    }
    assert "http://localhost:2375: list not checked" in badge.badge(record)


def test_the_name_of_a_server_cannot_break_the_badge() -> None:
    root = root_of(badge.svg('<a> "b" & \x1b', MET))

    assert root.get("aria-label", "").startswith('<a> "b" & \N{REPLACEMENT CHARACTER}: ')
