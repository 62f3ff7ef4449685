from __future__ import annotations

import dataclasses

import pytest

from muster.register.verdict import Result, Verdict
from muster.reports.phrases import WIDTH
from muster.reports.terminal import short, terminal
from muster.suite.results import Options
from tests.conformance.support import snapshots
from tests.conformance.support.runs import (
    ANSWERED,
    BLOCKED,
    FAILED,
    MUST,
    PASSED,
    SEEN,
    UNTRIED,
    WARNED,
    made,
    run,
)
from tests.conformance.support.sample_records import SCENES


@pytest.mark.parametrize("scene", SCENES)
def test_a_report_matches_its_snapshot(scene: str) -> None:
    snapshots.check(f"{scene}.txt", terminal(SCENES[scene]).plain)


@pytest.mark.parametrize("scene", SCENES)
def test_lines_except_commands_are_at_most_80_wide(scene: str) -> None:
    lines = terminal(SCENES[scene]).plain.splitlines()
    assert all(len(line) <= WIDTH or line.startswith("  $ ") for line in lines)


@pytest.mark.parametrize("scene", SCENES)
def test_each_departure_is_reported_once(scene: str) -> None:
    text = terminal(SCENES[scene]).plain
    for result in SCENES[scene].of(Verdict.FAIL, Verdict.WARN):
        title = f"{result.verdict.upper()} {result.requirement} ("
        assert text.count(title) == (0 if result.known else 1)


@pytest.mark.parametrize(
    ("server", "who"),
    [
        ({}, ""),
        ({"Os": "linux"}, ""),
        ({"Version": "1"}, " (1)"),
        ({"Name": "E"}, " (E)"),
        ({"Version": "1", "Name": "E"}, " (E 1)"),
    ],
)
def test_the_server_is_named_as_far_as_it_identifies_itself(
    server: dict[str, str], who: str
) -> None:
    first = terminal(made(run(PASSED, server=server))).plain.splitlines()[0]
    assert first == f"List Images at http://localhost:2375{who}, API 1.23"


def test_no_next_step_is_shown_if_nothing_is_left() -> None:
    record = dataclasses.replace(made(run(PASSED)), unchecked=())
    assert terminal(record).plain.splitlines()[1:] == [
        "CONFORMS: 1 requirement met, none failed.",
        "1 pass; 9 requests in 1.3 s, seed 7",
    ]


@pytest.mark.parametrize("planted", [False, True])
def test_plant_is_suggested_only_if_it_was_not_used(planted: bool) -> None:
    # Some requirements need more than the images of --plant.
    text = terminal(made(run(PASSED), options=Options(plant=planted))).plain
    assert ("`--plant` loads fixture images" in text) != planted


def test_long_text_is_truncated_or_wrapped() -> None:
    long = "word " * 50
    results = [
        dataclasses.replace(each, message=long + "x" * 300, difference=(f"- {long * 9}",))
        for each in (FAILED, WARNED, SEEN, UNTRIED, BLOCKED)
    ]
    lines = terminal(made(run(*results))).plain.splitlines()
    assert max(len(line) for line in lines if not line.startswith("  $ ")) <= WIDTH
    assert sum(line.startswith("    - word") for line in lines) == 2


def test_server_content_cannot_control_the_terminal() -> None:
    odd = Result(MUST, Verdict.FAIL, "\x1b[2Jgone", ("- \ud800\x07",), (ANSWERED,))
    text = terminal(made(run(odd, server={"Name": "\x1b]0;owned\x07\nCONFORMS"}))).plain
    assert text.encode()
    assert all(line.isprintable() for line in text.splitlines())
    assert text.splitlines()[0] == (
        "List Images at http://localhost:2375 (�]0;owned� CONFORMS), API 1.23"
    )


@pytest.mark.parametrize("scene", SCENES)
def test_the_short_report_has_one_line_per_finding(scene: str) -> None:
    record = SCENES[scene]
    lines = short(record).plain.splitlines()
    assert max(map(len, lines)) <= WIDTH
    for result in record.of(Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED):
        word = "KNOWN" if result.known else result.verdict.upper()
        beginnings = (f"{word} {result.requirement}:", f"{word} {result.requirement} at API ")
        assert sum(line.startswith(beginnings) for line in lines) == 1
    for problem in record.baseline.problems if record.baseline else ():
        assert any(line.startswith(f"known.toml is out of date: {problem[:40]}") for line in lines)


def test_the_report_ends_with_the_verdict_and_the_ids() -> None:
    text = terminal(SCENES["fails"]).plain
    assert text.endswith(
        "\n\nDOES NOT CONFORM: 1 of 5 requirements not met.\n  FAIL LIST-MUST\n  WARN LIST-SHOULD\n"
    )


def test_reduced_effort_is_mentioned_below_the_summary() -> None:
    reduced = dataclasses.replace(run(PASSED), reduced="a listing takes 9.00 s, so that ...")
    lines = terminal(made(reduced)).plain.splitlines()
    assert lines[3] == "Tried less: a listing takes 9.00 s, so that ..."
