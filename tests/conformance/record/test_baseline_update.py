from __future__ import annotations

from muster.record.baseline import parse
from muster.record.baseline_update import HEADER, updated
from muster.record.record import Record
from tests.conformance.support.runs import (
    FAILED,
    MUST,
    PASSED,
    REGISTER,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

MUST_BLOCK = f'# {MUST.rule}\n[[known]]\nid = "LIST-MUST"\nreason = ""\n'


def brought(text: str, record: Record) -> str:
    new = updated(text, "known.toml", record, REGISTER)
    assert parse(new, "known.toml", REGISTER, reasons=False)
    return new


def test_without_a_baseline_one_is_begun() -> None:
    assert brought("", made(run(FAILED, WARNED, UNTRIED))) == f"{HEADER}\n{MUST_BLOCK}"


def test_what_is_only_warned_about_is_listed_if_it_counts() -> None:
    new = brought("", made(run(FAILED, WARNED, strict=True)))
    assert [e.id for e in parse(new, "", REGISTER, reasons=False).entries] == [
        "LIST-MUST",
        "LIST-SHOULD",
    ]


def test_where_nothing_failed_nothing_is_listed() -> None:
    assert brought("", made(run(PASSED))) == HEADER
    assert brought("# Nothing.\n", made(run(PASSED))) == "# Nothing.\n"


OWN = """\
# Our engine.

# The old one.
[[known]]
id = "LIST-LACKING"   # who knows
reason = "one\\n[[two]]"

# A comment of its own.
[[known]]
id = "LIST-SHOULD"
reason = "nobody asks"
expires = 2001-01-01

[[known]]
id = "LIST-GOOD"
reason = \"""
[[three]]\"""
"""


def test_what_a_person_wrote_stays_as_it_is() -> None:
    new = brought(OWN, made(run(FAILED, WARNED, UNTRIED, strict=True)))
    assert new == f"{OWN}\n{MUST_BLOCK}"


def test_what_is_met_goes_with_the_comment_above_it() -> None:
    should = WARNED.requirement
    met = made(run(FAILED, type(PASSED)(should, PASSED.verdict)))
    new = brought(OWN, met)
    assert "A comment of its own" not in new
    assert [e.id for e in parse(new, "", REGISTER, reasons=False).entries] == [
        "LIST-LACKING",
        "LIST-GOOD",
        "LIST-MUST",
    ]


def test_a_version_at_which_it_is_met_goes_alone() -> None:
    text = '[[known]]\nid = "LIST-MUST"\napi_versions = [\n "1.23", # old\n "1.24"]\nreason = "r"\n'
    record = made(run(PASSED), at("1.24", run(FAILED)))
    assert brought(text, record) == text.replace('[\n "1.23", # old\n "1.24"]', '["1.24"]')


def test_versions_are_told_where_it_fails_at_some_only() -> None:
    record = made(run(PASSED), at("1.24", run(FAILED)), at("1.44", run(FAILED)))
    (entry,) = parse(brought("", record), "", REGISTER, reasons=False).entries
    assert entry.api_versions == ("1.24", "1.44")


def test_a_version_that_is_not_listed_yet_gets_an_entry() -> None:
    text = '[[known]]\nid = "LIST-MUST"\napi_versions = ["1.23"]\nreason = "r"\n'
    record = made(run(FAILED), at("1.24", run(FAILED)))
    entries = parse(brought(text, record), "", REGISTER, reasons=False).entries
    assert [(e.api_versions, e.reason) for e in entries] == [(("1.23",), "r"), (("1.24",), "")]


def test_an_array_of_inline_tables_stays_one() -> None:
    text = """\
known = [
    {id = "LIST-GOOD", reason = "r"}, # ours
    {id = "LIST-LACKING", reason = "r"},
]
"""
    assert (
        brought(text, made(run(PASSED, WARNED, strict=True)))
        == f"""\
known = [
    {{id = "LIST-GOOD", reason = "r"}}, # ours
    {{id = "LIST-LACKING", reason = "r"}},
    {{id = "LIST-SHOULD",reason = ""}}, # {WARNED.requirement.rule}
]
"""
    )


def test_the_comment_of_an_entry_goes_with_it_and_the_next_keeps_its_own() -> None:
    text = """\
# Ours.

# one
# more on one
[[known]]
id = "LIST-MUST"
reason = "r"

# two
[[known]]
id = "LIST-LACKING"
reason = "r"
"""
    assert (
        brought(text, made(run(PASSED)))
        == """\
# Ours.

# two
[[known]]
id = "LIST-LACKING"
reason = "r"
"""
    )


def test_when_every_entry_is_met_only_the_head_is_left() -> None:
    text = f'# Ours.\n\n[[known]]\nid = "{MUST.id}"\nreason = "r"\n'
    assert brought(text, made(run(PASSED))) == "# Ours.\n"
