"""Brings the text of a baseline up to date with a run; what a person wrote stays as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from muster.errors import UsageError
from muster.record.baseline import Entry, gone, parse
from muster.record.findings import Finding, findings
from muster.record.outcome import counts
from muster.record.record import Record
from muster.register.verdict import Verdict

HEADER = """\
# Departures of one server that are known: muster check TARGET --baseline THIS-FILE
# Each needs a reason; muster explain ID says what the requirement stands on.
"""

BLOCK = re.compile(r"(?m)^(?:#[^\n]*\n)*\[\[\s*known\s*\]\]")
"""Where an entry begins: with the comment right above it."""

VERSIONS = re.compile(r"(?m)^api_versions\s*=\s*\[[^\]]*\]")


def updated(text: str, file: str, record: Record, register: Collection[str]) -> str:
    """*text*, a baseline, without what is met now and with what is not known yet.

    New entries have no reason: a person must write it before the baseline can be used.

    Args:
        text: the baseline; empty for none.
        file: what messages call it.
        record: the run.
        register: the ids of all requirements.

    Raises:
        UsageError: if *text* is no baseline, or has another layout than tables `[[known]]`.
    """
    entries = parse(text, file, register, reasons=False).entries
    starts = [match.start() for match in BLOCK.finditer(text)]
    if len(starts) != len(entries):
        raise UsageError(
            f"--baseline {file}: it can only be updated if each entry is a table [[known]]"
        )
    ends = [*starts, len(text)][1:]
    parts = [text[: starts[0]] if starts else text or HEADER]
    for entry, start, end in zip(entries, starts, ends, strict=True):
        parts.append(_kept(entry, text[start:end], gone(entry, record)))
    head = "".join(parts).rstrip("\n") + "\n"
    return head + "".join(f"\n{block}" for block in _new(entries, record))


def _kept(entry: Entry, block: str, met: list[str]) -> str:
    """*block*, the text of *entry*, as far as it still holds."""
    left = [version for version in entry.api_versions if version not in met]
    if not met:
        return block
    return VERSIONS.sub(f"api_versions = {_list(left)}", block) if left else ""


def _new(entries: Collection[Entry], record: Record) -> Iterator[str]:
    for finding in findings(record, Verdict.FAIL, Verdict.WARN):
        left = [
            result
            for result in finding.results
            if counts(result, strict=record.strict)
            and not any(entry.covers(result) for entry in entries)
        ]
        if left:
            yield _block(finding, [result.api_version for result in left], record)


def _block(finding: Finding, versions: list[str], record: Record) -> str:
    name = finding.first.requirement
    everywhere = [result.api_version for result in record.results if result.requirement == name]
    lines = [f"# {finding.first.rule}", "[[known]]", f'id = "{name}"']
    if versions != everywhere:
        lines.append(f"api_versions = {_list(versions)}")
    return "\n".join([*lines, 'reason = ""', ""])


def _list(versions: list[str]) -> str:
    return "[" + ", ".join(f'"{version}"' for version in versions) + "]"
