"""The result of a replay, as text for people."""

from __future__ import annotations

from rich.text import Text

from muster.record.findings import findings
from muster.record.record import Record
from muster.record.replay import DEPARTED, HOLDS, NOT_DECIDED, STILL_FAILS, status
from muster.register.verdict import Verdict
from muster.reports.styles import joined, line, paragraph
from muster.reports.terminal import in_full

WORDS = {HOLDS: "MET NOW", STILL_FAILS: "STILL FAILS", NOT_DECIDED: "NOT DECIDED"}

NOT_PLANTED = (
    "The recorded run had loaded fixture images, which are not there now: add --plant to load "
    "them again."
)


def render_replay(record: Record, again: Record) -> Text:
    """Describe *again*, the replay of a result of *record*, as text for people."""
    name = again.options.only[0]
    versions = ", ".join(version.api_version for version in again.versions)
    word = WORDS[status(again)]
    lines = paragraph(f"{word}: {name} at {again.target}, API {versions}", word=word)
    for finding in findings(again, *DEPARTED):
        lines += [line(""), *in_full(again, finding)]
    for finding in findings(again, Verdict.INCONCLUSIVE, Verdict.BLOCKED):
        lines += paragraph(finding.first.message, "  ")
    if record.options.plant and not again.options.plant:
        lines += [line(""), *paragraph(NOT_PLANTED)]
    return joined(lines)
