"""The report as one self-contained HTML page.

Everything that comes from a server is untrusted: Jinja escapes every value,
`replace_control_characters` removes control characters, and the page's Content-Security-Policy
allows only the one script and the one style sheet in it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from muster.record.findings import ranges
from muster.record.record import Record, RecordedExchange
from muster.register.selection import group_of
from muster.reports.clauses import Status, clauses, status_of
from muster.reports.headline import headline, incomplete_reasons
from muster.reports.json_text import body, diff_lines, replace_control_characters
from muster.reports.links import links
from muster.reports.overview import by_group, by_version
from muster.reports.phrases import describe_response, describe_result

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


def html(record: Record) -> str:
    """Return *record* as an HTML page: the clauses with their verdicts, failed ones first."""
    style, script = (_source(f"page.{kind}") for kind in ("css", "js"))
    found = clauses(record)
    return (
        _environment()
        .get_template("page.html")
        .render(
            record=record,
            order=[version.api_version for version in record.versions],
            clauses=found,
            groups=by_group(found),
            rows=by_version(record, found),
            group_of=group_of,
            exchanges=_Exchanges(),
            titles=TITLES,
            headline=headline(record),
            incomplete_reasons=incomplete_reasons(record),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy="; ".join(
                [
                    "default-src 'none'",
                    f"style-src {_hash(style)}",
                    f"script-src {_hash(script)}",
                    "base-uri 'none'",
                    "form-action 'none'",
                ]
            ),
        )
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


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("muster", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "body": body,
        "describe_response": describe_response,
        "describe_result": describe_result,
        "diff_lines": diff_lines,
        "links": links,
        "ranges": ranges,
        "status_of": status_of,
    }
    return environment


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return replace_control_characters(value)
    return value


def _source(name: str) -> str:
    return files("muster.reports").joinpath(name).read_text("utf-8")


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
