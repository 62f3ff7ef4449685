"""The form of errors."""

from __future__ import annotations

from muster.vectors.case import ANY_ERROR, Case, filters, fixed, request
from muster.vectors.vector import Alternative

ABOUT = "Errors: their status, their media type and their message"

MISTAKES = {
    "no-json": "garbage",
    "wrong-form": '{"dangling":"true"}',
    "unknown-filter": filters({"foo": ["bar"]}),
    "no-boolean": filters({"dangling": ["ture"]}),
}
JSON = Alternative(error=ANY_ERROR, media="application/json", message=True)
KINDS = {
    "status": ("LIST-ERROR-STATUS", Alternative(error=(400, 400))),
    "message": ("LIST-ERROR-MESSAGE", Alternative(error=ANY_ERROR, message=True)),
    "json": (
        "LIST-ERROR-JSON",
        JSON,
    ),
}

CASES = [
    Case(
        f"{kind}-{name}",
        requirement,
        request(("filters", text)),
        fixed(error),
    )
    for kind, (requirement, error) in KINDS.items()
    for name, text in MISTAKES.items()
]
