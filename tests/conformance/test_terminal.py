from __future__ import annotations

import dataclasses

import pytest

from muster.register import requirements
from muster.reports.terminal import WIDTH, explain, table, terminal
from muster.run import Run
from muster.suite import tried_on
from muster.verdict import Result, Verdict

from .runs import (
    ANSWERED,
    BLOCKED,
    FAILED,
    LACKING,
    MUST,
    OBSERVED,
    PASSED,
    SEEN,
    SHOULD,
    UNTRIED,
    WARNED,
    run,
)

SERVER = {"Version": "1.11.2", "Name": "Engine", "Os": "linux"}


def test_a_run_that_fails_is_told_with_all_it_takes_to_see_it() -> None:
    assert (
        terminal(run(PASSED, FAILED, WARNED, SEEN, UNTRIED, BLOCKED, server=SERVER))
        == r"""
List Images at http://localhost:2375 (Engine 1.11.2), API 1.23
DOES NOT CONFORM: 1 of 6 requirements not met.

FAIL LIST-MUST (MUST)
  The rule of must, which is long enough that the line which it is told in does
    not hold it all.
  Found: images are missing
    - a
    + b
  Clause: the words of must [seed: Query Parameters]
  $ curl -sS -i -g --path-as-is -H 'X-A: b' 'http://localhost:2375/v1.23/images/json?filter=it'"'"'s'
  $ curl -sS -I -g --path-as-is http://localhost:2375/v9.99/images/json

WARN LIST-SHOULD (SHOULD)
  The rule of should, which is long enough that the line which it is told in
    does not hold it all.
  Found: the status is 500
  Clause: the words of should [seed: Query Parameters]
  $ curl -sS -i -g --path-as-is -H 'X-A: b' 'http://localhost:2375/v1.23/images/json?filter=it'"'"'s'

Could not be checked:
  LIST-LACKING: the fixtures could not be loaded

Not enough evidence:
  LIST-LACKING: no image has a tag: tag one

Observed, not judged:
  LIST-OBSERVED: HEAD is answered with status 404

1 pass, 1 fail, 1 warn, 1 observe, 1 inconclusive, 1 blocked;
9 requests in 1.3 s, seed 7
""".removeprefix("\n")
    )


def test_a_run_that_passes_is_told_in_three_lines() -> None:
    assert (
        terminal(run(PASSED))
        == """
List Images at http://localhost:2375, API 1.23
CONFORMS: 1 requirement met, none failed.

1 pass; 9 requests in 1.3 s, seed 7
""".removeprefix("\n")
    )


@pytest.mark.parametrize(
    ("finished", "headline"),
    [
        (run(PASSED, PASSED, WARNED, UNTRIED), "CONFORMS: 2 requirements met, none failed."),
        (run(FAILED), "DOES NOT CONFORM: 1 of 1 requirement not met."),
        (
            run(FAILED, PASSED, WARNED, strict=True),
            "DOES NOT CONFORM: 1 of 3 requirements not met.",
        ),
        (
            run(PASSED, WARNED, strict=True),
            "DOES NOT CONFORM: with --strict, warnings count as failures.",
        ),
        (run(PASSED, strict=True), "CONFORMS: 1 requirement met, none failed."),
        (
            run(UNTRIED, BLOCKED),
            "NOT CHECKED: nothing could be decided; what is missing stands below.",
        ),
    ],
)
def test_the_verdict_on_the_whole_stands_in_the_second_line(finished: Run, headline: str) -> None:
    assert terminal(finished).splitlines()[1].startswith(headline)


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
def test_the_server_is_named_as_far_as_it_says_what_it_is(server: dict[str, str], who: str) -> None:
    first = terminal(run(PASSED, server=server)).splitlines()[0]
    assert first == f"List Images at http://localhost:2375{who}, API 1.23"


def test_lines_are_at_most_80_wide_but_for_commands_and_differences() -> None:
    long = "word " * 50
    results = [
        dataclasses.replace(each, message=long, difference=(f"- {long * 9}",))
        for each in (FAILED, WARNED, SEEN, UNTRIED, BLOCKED)
    ]
    lines = terminal(run(*results)).splitlines()
    wide = [line for line in lines if len(line) > WIDTH]
    assert all(line.startswith(("  $ curl ", "    - word")) for line in wide)
    differences = [line for line in wide if line.startswith("    - ")]
    assert differences == [f"    - {long * 9}"[:203] + "…"] * 2


def test_what_the_server_says_moves_no_cursor_and_breaks_no_line() -> None:
    odd = Result(MUST, Verdict.FAIL, "\x1b[2Jgone", ("- \ud800\x07",), (ANSWERED,))
    text = terminal(run(odd, server={"Name": "\x1b]0;owned\x07\nCONFORMS"}))
    assert text.encode()
    assert all(line.isprintable() for line in text.splitlines())
    assert text.splitlines()[0] == (
        "List Images at http://localhost:2375 (�]0;owned� CONFORMS), API 1.23"
    )


def test_a_table_has_the_id_the_level_and_the_rule_of_each_requirement() -> None:
    assert (
        table([MUST, SHOULD, OBSERVED, LACKING])
        == """
LIST-MUST (MUST)
  The rule of must, which is long enough that the line which it is told in does
    not hold it all.
LIST-SHOULD (SHOULD)
  The rule of should, which is long enough that the line which it is told in
    does not hold it all.
LIST-OBSERVED (OBSERVE)
  The rule of observed, which is long enough that the line which it is told in
    does not hold it all.
LIST-LACKING (MUST)
  The rule of lacking, which is long enough that the line which it is told in
    does not hold it all.
""".removeprefix("\n")
    )


def test_a_requirement_is_explained_by_its_rule_its_clause_and_its_source() -> None:
    assert (
        explain(MUST, "the plain listing.")
        == """
LIST-MUST (MUST)
  The rule of must, which is long enough that the line which it is told in does
    not hold it all.
  Tried on: the plain listing.
  Clause: the words of must
  Source: seed: Query Parameters
""".removeprefix("\n")
    )


def test_an_explanation_names_servers_that_failed() -> None:
    text = explain(requirements()["LIST-DIGESTS"], "")
    assert text.endswith("\n  Known to have failed it: podman#29210, podman 4.3\n")


def test_a_title_says_where_a_requirement_holds() -> None:
    titles = table(requirements().values())
    assert "\nLIST-FILTER-NAME (MUST, up to API 1.24)\n" in titles
    assert "\nLIST-REFERENCE-OR (MUST, from API 1.25)\n" in titles
    assert "\nPLANT-TAG (MUST, with --plant)\n" in titles


def test_the_register_is_at_most_80_wide() -> None:
    register = requirements().values()
    text = table(register) + "".join(explain(each, tried_on(each)) for each in register)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
