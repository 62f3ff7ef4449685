"""Updates a baseline from a run, and keeps what people wrote in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, Comment

from muster.record.baseline import Entry, gone, parse
from muster.record.findings import findings
from muster.record.outcome import counts
from muster.record.record import Record
from muster.register.verdict import Verdict

HEADER = """\
# Known departures of one server: muster check TARGET --baseline THIS-FILE
# Each needs a reason; `muster explain ID` shows what the requirement is based on.
"""


@dataclass(frozen=True, slots=True)
class _NewEntry:
    """An entry to add.

    Attributes:
        rule: The requirement's rule, for the comment above.
        fields: Keys and values.
    """

    rule: str
    fields: dict[str, Any]


def updated(text: str, file: str, record: Record, register: Collection[str]) -> str:
    """Return the baseline *text* with new departures added, and entries now met removed.

    New entries have no reason: a person must write one before the baseline can be used.

    Args:
        text: The baseline; empty for none.
        file: Its name in messages.
        record: The run.
        register: The ids of all requirements.

    Raises:
        UsageError: If *text* is not a baseline.
    """
    entries = parse(text, file, register, reasons=False).entries
    document = tomlkit.parse(text or HEADER)
    known = document.get("known", [])
    if isinstance(known, AoT):
        _attach_comments(document, known)
    for position, entry in reversed([*enumerate(entries)]):
        met = gone(entry, record)
        left = [version for version in entry.api_versions if version not in met]
        if left and met:
            known[position]["api_versions"] = left
        elif met:
            del known[position]
    new = list(_new(entries, record))
    if isinstance(known, Array):
        for each in new:
            known.add_line(each.fields, comment=each.rule)
        return tomlkit.dumps(document)
    if not known:
        document.pop("known", None)
    head = tomlkit.dumps(document).rstrip("\n") + "\n"
    return head + "".join(f"\n{_block(each)}" for each in new)


def _attach_comments(document: tomlkit.TOMLDocument, tables: AoT) -> None:
    """Move the comment right above each of *tables* into its header, to be removed along with it.

    TOML Kit treats such a comment as the end of the previous table.
    """
    above = document.body[: [item for _, item in document.body].index(tables)]
    for table in tables:
        lines: list[str] = []
        while above and isinstance(comment := above.pop()[1], Comment):
            lines.insert(0, comment.as_string())
            # TOML Kit cannot remove the rest, but it is empty.
            comment.trivia.indent = comment.trivia.comment = comment.trivia.trail = ""
        table.trivia.indent = "".join(lines) + table.trivia.indent
        above = list(table.value.body)


def _new(entries: Collection[Entry], record: Record) -> Iterator[_NewEntry]:
    for finding in findings(record, Verdict.FAIL, Verdict.WARN):
        versions = [
            result.api_version
            for result in finding.results
            if counts(result, strict=record.strict)
            and not any(entry.covers(result) for entry in entries)
        ]
        if versions:
            name = finding.first.requirement
            checked = [each.api_version for each in record.results if each.requirement == name]
            at = {} if versions == checked else {"api_versions": versions}
            yield _NewEntry(finding.first.rule, {"id": name, **at, "reason": ""})


def _block(entry: _NewEntry) -> str:
    return f"# {entry.rule}\n[[known]]\n{tomlkit.dumps(entry.fields)}"
