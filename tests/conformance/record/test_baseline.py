from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.record.baseline import Baseline, Entry, apply, gone, parse, read
from muster.record.record import BaselineEntryRef, Record
from muster.suite.results import Run
from tests.conformance.support.runs import (
    BLOCKED,
    FAILED,
    PASSED,
    REGISTER,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

TODAY = dt.date(2016, 5, 4)
YESTERDAY = dt.date(2016, 5, 3)
MUST = Entry("LIST-MUST", "so it is")


def held(record: Record, *entries: Entry) -> Record:
    return apply(Baseline("known.toml", entries), record, TODAY)


def problems(record: Record) -> list[str]:
    assert record.baseline is not None
    return list(record.baseline.problems)


# --- reading --------------------------------------------------------------------------------------


def test_a_baseline_is_read(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(
        """
[[known]]
id = "LIST-MUST"
reason = "so it is"

[[known]]
id = "LIST-SHOULD"
reason = "nobody asks"
case = "/images/json?a=*"
link = "https://example.org/1"
expires = 2027-01-31
api_versions = ["1.23", "1.24"]
""",
        "utf-8",
    )
    assert read(file, REGISTER) == Baseline(
        str(file),
        (
            MUST,
            Entry(
                "LIST-SHOULD",
                "nobody asks",
                "/images/json?a=*",
                "https://example.org/1",
                dt.date(2027, 1, 31),
                ("1.23", "1.24"),
            ),
        ),
    )


def test_an_empty_baseline_has_no_entries() -> None:
    assert parse("", "known.toml", REGISTER).entries == ()


ENTRY = '[[known]]\nid = "LIST-MUST"\n'
FULL = ENTRY + 'reason = "r"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "it is not TOML: Expected '='"),
        ("[known]", "Expected `array`, got `object` - at `$.known`"),
        ("[[unknown]]", "unknown field `unknown`"),
        ('[[known]]\nreason = "r"', "missing required field `id` - at `$.known[0]`"),
        (ENTRY + "reason = 3", "Expected `str`, got `int` - at `$.known[0].reason`"),
        (FULL + 'expiry = "x"', "unknown field `expiry` - at `$.known[0]`"),
        (FULL + 'expires = "x"', "Invalid RFC3339 encoded date - at `$.known[0].expires`"),
        (FULL + 'api_versions = "1.23"', "Expected `array`, got `str`"),
        (ENTRY, "LIST-MUST: it has no reason; say why the server departs"),
        (ENTRY + 'reason = " "', "LIST-MUST: it has no reason"),
        ('[[known]]\nid = "NO"\nreason = "r"', "NO: there is no such requirement; `muster list`"),
        (FULL + FULL, "LIST-MUST: it is listed twice"),
        (
            FULL + 'api_versions = ["1.23"]\n' + FULL + 'api_versions = ["1.24", "1.23"]',
            "LIST-MUST: it is listed twice",
        ),
        (FULL + FULL + 'api_versions = ["1.24"]', "LIST-MUST: it is listed twice"),
    ],
)
def test_an_invalid_baseline_is_reported(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text, "known.toml", REGISTER)
    assert str(error.value).startswith("--baseline known.toml: ")
    assert told in str(error.value)


def test_an_invalid_version_in_a_baseline_is_reported() -> None:
    with pytest.raises(UsageError, match="'new' is not an API version"):
        parse(FULL + 'api_versions = ["new"]', "known.toml", REGISTER)


def test_a_requirement_may_have_entries_for_several_cases_and_versions() -> None:
    cases = FULL + 'case = "a"\n' + FULL + 'case = "b"\n'
    versions = FULL + 'api_versions = ["1.23"]\n' + FULL + 'api_versions = ["1.24"]\n'
    assert len(parse(cases + versions, "known.toml", REGISTER).entries) == 4


def test_an_unreadable_baseline_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        read(tmp_path / "known.toml", REGISTER)
    (tmp_path / "known.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="it is not UTF-8"):
        read(tmp_path / "known.toml", REGISTER)


# --- known failures-------------------------------------------------------------------------------


def test_known_failures_are_marked_and_do_not_count() -> None:
    entry = Entry("LIST-MUST", "so it is", link="https://example.org", expires=dt.date(2016, 5, 5))
    record = held(made(run(FAILED, UNTRIED)), entry)
    assert record.results[0].known == BaselineEntryRef(
        reason="so it is", link="https://example.org", expires="2016-05-05"
    )
    assert (record.exit_status, record.conforms, problems(record)) == (0, False, [])


def test_warnings_can_be_known_like_failures() -> None:
    record = held(made(run(WARNED, strict=True)), Entry("LIST-SHOULD", "so it is"))
    assert (record.exit_status, problems(record)) == (0, [])


def test_unlisted_failures_count() -> None:
    record = held(made(run(FAILED, WARNED, strict=True)), MUST)
    assert [bool(result.known) for result in record.results] == [True, False]
    assert record.exit_status == 1


@pytest.mark.parametrize(
    ("case", "known"),
    [
        ("", True),
        ("/images/json?filter=it's, HEAD /v9.99/images/json", True),
        ("/images/json?filter=*", True),
        ("*HEAD*", True),
        ("/images/json?filter=", False),
        ("/images.json*", False),
    ],
)
def test_an_entry_can_be_limited_to_one_case(case: str, known: bool) -> None:
    record = held(made(run(FAILED)), Entry("LIST-MUST", "so it is", case))
    assert bool(record.results[0].known) is known
    assert record.exit_status == (0 if known else 1)
    told = [] if known else [f"LIST-MUST departs in another case than {case!r}."]
    assert problems(record) == told


def test_an_entry_can_be_limited_to_some_versions() -> None:
    entry = Entry("LIST-MUST", "so it is", api_versions=("1.23", "1.30"))
    record = held(made(run(FAILED), at("1.24", run(FAILED))), entry)
    assert [bool(result.known) for result in record.results] == [True, False]
    assert problems(record) == []


# --- outdated entries ----------------------------------------------------------------------------


def test_a_listed_requirement_that_is_met_is_a_problem() -> None:
    record = held(made(run(PASSED)), MUST)
    assert problems(record) == ["LIST-MUST is met now: take it out."]
    assert record.exit_status == 1


def test_an_expired_entry_does_not_excuse_and_is_a_problem() -> None:
    record = held(made(run(FAILED)), Entry("LIST-MUST", "so it is", expires=TODAY))
    assert record.results[0].known is None
    assert problems(record) == ["LIST-MUST expired on 2016-05-04: is it still accepted?"]
    assert record.exit_status == 1


@pytest.mark.parametrize("finished", [run(PASSED), run(FAILED)])
def test_an_intermittent_departure_may_be_met(finished: Run) -> None:
    record = held(made(finished), Entry("LIST-MUST", "so it is", sometimes=True))
    assert (problems(record), record.exit_status) == ([], 0)


@pytest.mark.parametrize("finished", [run(UNTRIED), run(BLOCKED), run(WARNED)])
def test_untried_requirements_are_neither_excused_nor_a_problem(finished: Run) -> None:
    lacking = Entry("LIST-LACKING", "so it is", expires=YESTERDAY)
    record = held(made(finished), lacking)
    assert problems(record) == []
    assert record.results[0].known is None


def test_blocked_requirements_are_never_excused() -> None:
    blocked = dataclasses.replace(BLOCKED, requirement=FAILED.requirement)
    record = held(made(run(blocked)), MUST)
    assert (record.results[0].known, record.exit_status) == (None, 3)


@pytest.mark.parametrize(
    ("versions", "met", "told"),
    [
        ((), [], []),
        (("1.23",), ["1.23"], ["LIST-MUST is met now at API 1.23: take it out."]),
        (("1.24",), [], []),
        (("1.23", "1.24"), ["1.23"], ["LIST-MUST is met now at API 1.23: take it out."]),
        (("1.44",), [], []),
    ],
)
def test_an_entry_for_a_met_requirement_is_detected(
    versions: tuple[str, ...], met: list[str], told: list[str]
) -> None:
    record = made(run(PASSED), at("1.24", run(FAILED)), at("1.25", run(UNTRIED)))
    entry = Entry("LIST-MUST", "so it is", api_versions=versions)
    assert gone(entry, record) == met
    assert problems(held(record, entry)) == told


# --- what follows from another departure ----------------------------------------------------------

FOLLOWING = dataclasses.replace(UNTRIED, message="wrong (may follow from LIST-MUST)")


def verdicts(record: Record) -> list[tuple[str, bool]]:
    return [(each.verdict.value, each.known is not None) for each in record.results]


def test_a_known_cause_does_not_hide_what_may_follow_from_it() -> None:
    record = held(made(run(FAILED, FOLLOWING)), MUST)
    assert verdicts(record) == [("fail", True), ("fail", False)]
    assert record.summary["fail"] == 2
    assert record.summary["inconclusive"] == 0
    assert record.exit_status == 1


def test_a_consequence_of_a_known_cause_may_be_known_too() -> None:
    record = held(made(run(FAILED, FOLLOWING)), MUST, Entry("LIST-LACKING", "so is this"))
    assert verdicts(record) == [("fail", True), ("fail", True)]
    assert record.exit_status == 0


def test_a_cause_that_is_not_known_counts_for_what_follows_from_it() -> None:
    record = held(made(run(FAILED, FOLLOWING)))
    assert verdicts(record) == [("fail", False), ("inconclusive", False)]


def test_a_departure_that_only_may_follow_from_a_known_one_stays_as_it_is() -> None:
    warned = dataclasses.replace(WARNED, message="wrong (may follow from LIST-MUST)")
    record = held(made(run(FAILED, warned)), MUST)
    assert verdicts(record) == [("fail", True), ("warn", False)]
