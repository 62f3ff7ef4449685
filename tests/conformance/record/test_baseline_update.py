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


def test_a_new_baseline_is_created() -> None:
    assert brought("", made(run(FAILED, WARNED, UNTRIED))) == f"{HEADER}\n{MUST_BLOCK}"


def test_warnings_are_listed_if_they_count() -> None:
    new = brought("", made(run(FAILED, WARNED, strict=True)))
    assert [e.id for e in parse(new, "", REGISTER, reasons=False).entries] == [
        "LIST-MUST",
        "LIST-SHOULD",
    ]


def test_a_run_without_failures_adds_no_entries() -> None:
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


def test_hand_written_content_is_preserved() -> None:
    new = brought(OWN, made(run(FAILED, WARNED, UNTRIED, strict=True)))
    assert new == f"{OWN}\n{MUST_BLOCK}"


def test_a_met_entry_is_removed_with_its_comment() -> None:
    should = WARNED.requirement
    met = made(run(FAILED, type(PASSED)(should, PASSED.verdict)))
    new = brought(OWN, met)
    assert "A comment of its own" not in new
    assert [e.id for e in parse(new, "", REGISTER, reasons=False).entries] == [
        "LIST-LACKING",
        "LIST-GOOD",
        "LIST-MUST",
    ]


def test_only_the_met_version_is_removed_from_an_entry() -> None:
    text = '[[known]]\nid = "LIST-MUST"\napi_versions = [\n "1.23", # old\n "1.24"]\nreason = "r"\n'
    record = made(run(PASSED), at("1.24", run(FAILED)))
    assert brought(text, record) == text.replace('[\n "1.23", # old\n "1.24"]', '["1.24"]')


def test_versions_are_listed_if_only_some_fail() -> None:
    record = made(run(PASSED), at("1.24", run(FAILED)), at("1.44", run(FAILED)))
    (entry,) = parse(brought("", record), "", REGISTER, reasons=False).entries
    assert entry.api_versions == ("1.24", "1.44")


def test_a_newly_failing_version_gets_an_entry() -> None:
    text = '[[known]]\nid = "LIST-MUST"\napi_versions = ["1.23"]\nreason = "r"\n'
    record = made(run(FAILED), at("1.24", run(FAILED)))
    entries = parse(brought(text, record), "", REGISTER, reasons=False).entries
    assert [(e.api_versions, e.reason) for e in entries] == [(("1.23",), "r"), (("1.24",), "")]


def test_an_array_of_inline_tables_is_preserved() -> None:
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


def test_removing_an_entry_keeps_the_comment_of_the_next() -> None:
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


def test_only_the_header_is_left_when_every_entry_is_met() -> None:
    text = f'# Ours.\n\n[[known]]\nid = "{MUST.id}"\nreason = "r"\n'
    assert brought(text, made(run(PASSED))) == "# Ours.\n"
