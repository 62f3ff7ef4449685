"""The report as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from muster.record.findings import ranges
from muster.record.record import Record, RecordedExchange
from muster.register.selection import group_of
from muster.reports.clauses import Status, clauses, status_of
from muster.reports.headline import headline, incomplete_reasons
from muster.reports.json_text import body, diff_lines
from muster.reports.links import links
from muster.reports.overview import by_group, by_version
from muster.reports.phrases import describe_response, describe_result
from muster.reports.template import render

TITLES = {
    Status.FAIL: "Not met",
    Status.WARN: "Warnings",
    Status.BLOCKED: "Could not be checked",
    Status.INCONCLUSIVE: "Not enough evidence",
    Status.KNOWN: "Known departures",
    Status.OBSERVE: "Observed, not judged",
    Status.PASS: "Met",
    Status.UNCHECKED: "Not checked",
}


FILTERS: Mapping[str, Callable[..., Any]] = {
    "body": body,
    "describe_response": describe_response,
    "describe_result": describe_result,
    "diff_lines": diff_lines,
    "links": links,
    "ranges": ranges,
    "status_of": status_of,
}


def html(record: Record) -> str:
    """Return *record* as an HTML page: the clauses with their verdicts, failed ones first."""
    found = clauses(record)
    return render(
        "page.html",
        styles=("page.css",),
        script="page.js",
        filters=FILTERS,
        values={
            "record": record,
            "order": [version.api_version for version in record.versions],
            "clauses": found,
            "groups": by_group(found),
            "rows": by_version(record, found),
            "group_of": group_of,
            "exchanges": _Exchanges(),
            "titles": TITLES,
            "headline": headline(record),
            "incomplete_reasons": incomplete_reasons(record),
        },
    )


class _Exchanges:
    """Numbers exchanges, so that the page stores an exchange of several findings once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, exchange: RecordedExchange) -> tuple[int, bool]:
        """Return the number of *exchange*, and whether it is new."""
        key = repr(exchange)
        is_new = key not in self._numbers
        return self._numbers.setdefault(key, len(self._numbers) + 1), is_new
