from __future__ import annotations

import json

import pytest

from muster.register.requirements import register
from muster.register.selection import group
from tests.conformance.support.commands import Muster, in_process


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


def ids(text: str) -> list[str]:
    return [line.partition(" ")[0] for line in text.splitlines() if not line.startswith(" ")]


def test_a_level_and_a_group_choose_what_is_listed(muster: Muster) -> None:
    ended = muster("list", "--level", "must", "--group", "FILTERS")
    assert (ended.status, ended.err) == (0, "")
    assert ids(ended.out) == [
        name
        for name, rule in register().items()
        if rule.level == "MUST" and group(rule) == "filters"
    ]


def test_an_unknown_group_is_reported_with_the_known_ones(muster: Muster) -> None:
    ended = muster("list", "--group", "tags")
    assert ended.status == 2
    assert "'filters'" in ended.err


def test_the_list_can_be_printed_as_json(muster: Muster) -> None:
    rows = json.loads(muster("list", "--json").out)
    assert [row["id"] for row in rows] == list(register())
    by_id = {row["id"]: row for row in rows}
    digests = register()["LIST-DIGESTS"]
    assert by_id["LIST-DIGESTS"] == {
        "id": "LIST-DIGESTS",
        "level": "MUST",
        "group": "list",
        "rule": digests.rule,
        "why": digests.why,
        "clause": digests.clause,
        "source": digests.source,
        "since": "1.23",
        "until": None,
        "needs": None,
        "seen": list(digests.seen),
        "unchecked": None,
    }
    assert by_id["LIST-VIRTUAL-SIZE"]["until"] == "1.43"
    assert by_id["PLANT-TAG"]["needs"] == "--plant"
    assert by_id["LIST-WINDOWS"]["unchecked"]


def test_each_requirement_that_matches_is_explained(muster: Muster) -> None:
    told = [muster("explain", name).out for name in ("LIST-LABEL-AND", "LIST-LABEL-ALL")]
    several = muster("explain", "LIST-LABEL-A*").out
    assert all(each in several for each in told)


def test_the_requirement_id_is_case_insensitive(muster: Muster) -> None:
    assert muster("explain", "list-order").out == muster("explain", "LIST-ORDER").out
    ended = muster("explain", "list-oder")
    assert ended.status == 2
    assert "did you mean LIST-ORDER" in ended.err
