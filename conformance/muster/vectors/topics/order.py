"""The order of a listing."""

from __future__ import annotations

from muster.model.query import Query
from muster.vectors.case import Case, listed, sent

ABOUT = "The order: newest first, by Created in whole seconds; ties stand in any order"

QUERIES = {
    "plain": Query(),
    "all": Query(all=True),
    "label": Query(filters={"label": ["k"]}),
    "two-labels": Query(filters={"label": ["stage", "com.example.version"]}),
    "not-dangling": Query(filters={"dangling": ["false"]}),
}

CASES = [
    *(
        Case(
            f"{name}-{catalogue}", "LIST-ORDER", sent(query), listed(query, ordered=True), catalogue
        )
        for name, query in QUERIES.items()
        for catalogue in ("docker", "names")
    ),
    *(
        Case(name, requirement, sent(query), listed(query, ordered=True), "names")
        for name, requirement, query in (
            ("filter", "LIST-FILTER-PATTERN", Query(filter="*/*")),
            ("reference", "LIST-REFERENCE-PATTERN", Query(filters={"reference": ["*/*"]})),
            ("before", "LIST-BEFORE", Query(filters={"before": ["app:1"]})),
        )
    ),
]
