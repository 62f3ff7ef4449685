"""Parameters: unknown ones, their case, repeated ones, and malformed queries."""

from __future__ import annotations

from muster.model.query import Query
from muster.vectors.case import Case, Pair, listed, refused, spelled
from muster.vectors.vector import VectorRequest

ABOUT = "Parameters: unknown ones, the case of names, repeated ones, and broken queries"

LEAVES = '{"dangling":["true"]}'
UNKNOWN: tuple[Pair, ...] = (
    ("limit", "1"), ("limit", "0"), ("offset", "5"), ("page", "2"), ("n", "1"), ("last", "x"),
    ("size", "1"), ("only_ids", "0"), ("only_ids", "1"), ("dangling", "true"), ("label", "stage"),
    ("filters[dangling][0]", "true"), ("reference", "busybox"), ("before", "json"),
    ("since", "nosuch"), ("until", "bogus"), ("fromImage", "busybox"), ("platform", "linux/arm64"),
    ("", "1"), ("é", "1"), ("per_page", "1"), ("muster", "1"), ("names", "busybox"),
    ("sort", "created"), ("page", "0"),
)  # fmt: skip
OTHER_CASE: tuple[Pair, ...] = (
    ("ALL", "1"), ("All", "1"), ("all ", "1"), (" all", "1"), ("Filter", "busybox"),
    ("FILTERS", LEAVES), ("Filters", LEAVES), ("Digests", "1"),
)  # fmt: skip
ALL = Query(all=True)
DANGLING = Query(filters={"dangling": ["true"]})
REPEATED: dict[str, tuple[tuple[Pair, ...], Query]] = {
    "all-then-not": ((("all", "1"), ("all", "0")), ALL),
    "not-then-all": ((("all", "false"), ("all", "true")), Query()),
    "filters-then-mistake": ((("filters", LEAVES), ("filters", "garbage")), DANGLING),
    "empty-then-filters": ((("filters", ""), ("filters", LEAVES)), Query()),
}


def _raw(name: str, requirement: str, query: str, meaning: Query) -> Case:
    """Return the case of *query*, which has no parameters, or they are spelled otherwise."""
    return Case(name, requirement, VectorRequest(query=query), listed(meaning))


CASES = [
    *(
        spelled(f"unknown-{number}", "LIST-UNKNOWN-PARAMETER", [pair], Query())
        for number, pair in enumerate(UNKNOWN, 1)
    ),
    spelled("unknown-beside-all", "LIST-UNKNOWN-PARAMETER", [("limit", "1"), ("all", "1")], ALL),
    *(
        spelled(f"case-{number}", "LIST-PARAMETER-CASE", [pair], Query())
        for number, pair in enumerate(OTHER_CASE, 1)
    ),
    *(
        spelled(f"repeated-{name}", "LIST-FIRST-VALUE", pairs, meaning)
        for name, (pairs, meaning) in REPEATED.items()
    ),
    *(
        _raw(f"no-parameter-{number}", "LIST-TRAILING-QUESTION-MARK", query, Query())
        for number, query in enumerate(("", "&", "&&"), 1)
    ),
    *(
        Case(
            f"broken-escape-{number}",
            "HTTP-QUERY-MALFORMED",
            VectorRequest(query=query, parameters=None),
            refused,
        )
        for number, query in enumerate(("all=%zz", "all=1&x=%", "filters=%7B%2"), 1)
    ),
]
