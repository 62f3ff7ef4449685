"""What the replay of a recorded result found, as text for people."""

from __future__ import annotations

from muster.record.findings import findings
from muster.record.record import Record
from muster.record.replay import DEPARTED, HOLDS, NOT_DECIDED, STILL_FAILS, status
from muster.register.verdict import Verdict
from muster.reports.phrases import wrapped
from muster.reports.terminal import in_full

NOT_PLANTED = (
    "The recorded run had planted images of its own, which are not there now: say --plant to have "
    "them again."
)


def render_replay(record: Record, again: Record) -> str:
    """What *again*, the replay of a result of *record*, found, as text for people."""
    name = again.options.only[0]
    versions = ", ".join(version.api_version for version in again.versions)
    word = {HOLDS: "HOLDS NOW", STILL_FAILS: "STILL FAILS", NOT_DECIDED: "NOT DECIDED"}
    lines = wrapped(f"{word[status(again)]}: {name} at {again.target}, API {versions}", "")
    for finding in findings(again, *DEPARTED):
        lines += ["", *in_full(again, finding)]
    for finding in findings(again, Verdict.INCONCLUSIVE, Verdict.BLOCKED):
        lines += wrapped(finding.first.message, "  ")
    if record.options.plant and not again.options.plant:
        lines += ["", *wrapped(NOT_PLANTED, "")]
    return "\n".join(lines) + "\n"
