"""`filters` as JSON: its two forms, mistakes, and filters that do not exist."""

from __future__ import annotations

from muster.model.query import Query
from muster.vectors.case import Case, either, filters, fixed, listed, mistake, sent, spelled
from muster.vectors.vector import Alternative, VectorRequest

ABOUT = "filters: the list form and the map form, mistakes, and filters that do not exist"

MALFORMED = (
    "{", "}", "garbage", "[]", '["dangling"]', "true", "1", '"dangling"', "dangling=true",
    '{"dangling":"true"}', '{"dangling":true}', '{"label":"stage"}', '{"label":[1]}',
    '{"label":{"stage":"true"}}', '{"label":{"stage":1}}', '{"dangling":[true]}',
    "{'dangling':['true']}", '{"dangling":["true"]}x', '{"dangling":["true"]', "dangling: [true]",
    '{"label":["a\tb"]}', '{"dangling":{"true":true},"label":["stage"]}', " ",
    '{"label":["stage",null,{}]}', '{"label":{"stage":[]}}', '{"label":[["stage"]]}',
)  # fmt: skip
TRAILING = (
    '{"dangling":{"true":true}}x',
    '{"label":{"stage":true}}}',
    '{"label":{"stage":true}}[]',
)
UNKNOWN: tuple[dict[str, object], ...] = (
    {"foo": ["bar"]}, {"foo": {"bar": True}}, {"Dangling": ["true"]}, {"dangling ": ["true"]},
    {" dangling": ["true"]}, {"LABEL": ["stage"]}, {"label ": ["stage"]}, {"foo": []}, {"foo": {}},
    {"": ["x"]}, {"dangling": ["true"], "foo": ["x"]}, {"label": ["stage"], "foo": ["x"]},
    {"name": ["busybox"]}, {"labels": ["stage"]}, {"ключ": ["x"]},
)  # fmt: skip
EMPTY = ("", "{}", "null", " {} ", "{ }")
FORMS: dict[str, dict[str, list[str]]] = {
    "dangling": {"dangling": ["true"]},
    "not-dangling": {"dangling": ["false"]},
    "label": {"label": ["stage"]},
    "two-labels": {"label": ["stage=leaf", "com.example.version=v2"]},
    "two-labels-in-other-order": {"label": ["com.example.version=v2", "stage=leaf"]},
    "label-and-dangling": {"label": ["com.example.version"], "dangling": ["true"]},
}
LATER_FORMS: dict[str, dict[str, list[str]]] = {
    "reference": {"reference": ["busybox", "x"]},
    "since": {"since": ["busybox"]},
}
STAGE = Query(filters={"label": ["stage"]})
LEAF = Query(filters={"dangling": ["true"]})
MANY = [f"muster.test/many-{number}=x" for number in range(400)]


def _long() -> list[Case]:
    """Return filters of many values, which are answered as short ones or refused."""
    refused = Alternative(error=(400, 499))
    questions = {
        "long-same-label": Query(filters={"label": ["stage"] * 1500}),
        "long-labels-last-absent": Query(filters={"label": ["stage"] * 150 + ["nosuch"]}),
        "long-absent-labels": Query(filters={"label": MANY}),
        "long-value": Query(filters={"label": [f"stage={'x' * 9000}"]}),
    }
    return [
        Case(name, "LIST-FILTERS-LONG", sent(query), either(listed(query), fixed(refused)))
        for name, query in questions.items()
    ] + [
        Case(
            "long-references",
            "LIST-REFERENCE-OR",
            sent(query := Query(filters={"reference": [*MANY[:120], "busybox"]})),
            either(listed(query), fixed(refused)),
        )
    ]


def _forms(cases: dict[str, dict[str, list[str]]], requirement: str) -> list[Case]:
    found = []
    for name, values in cases.items():
        query = Query(filters=values)
        same = Alternative(same=(sent(query),))
        found += [
            Case(f"map-{name}", requirement, sent(query, "map"), listed(query)),
            Case(f"forms-{name}", requirement, sent(query, "map"), fixed(same)),
        ]
    return found


def _written(name: str, text: str, meaning: Query, requirement: str = "LIST-QUERY") -> Case:
    return spelled(name, requirement, [("filters", text)], meaning)


CASES = [
    *_forms(FORMS, "LIST-FILTERS-FORMS"),
    *_forms({"reference": LATER_FORMS["reference"]}, "LIST-REFERENCE-OR"),
    *_forms({"since": LATER_FORMS["since"]}, "LIST-SINCE"),
    *(
        _written(f"empty-{number}", text, Query(), "LIST-FILTERS-EMPTY")
        for number, text in enumerate(EMPTY, 1)
    ),
    spelled("empty-filter", "LIST-FILTERS-EMPTY", [("filter", "")], Query()),
    spelled(
        "null-and-filter",
        "LIST-FILTER-NAME",
        [("filter", "busybox"), ("filters", "null")],
        Query(filter="busybox"),
    ),
    *(
        mistake(f"malformed-{number}", "LIST-FILTERS-MALFORMED", ("filters", text))
        for number, text in enumerate(MALFORMED, 1)
    ),
    *(
        mistake(f"trailing-{number}", "LIST-FILTERS-TRAILING", ("filters", text))
        for number, text in enumerate(TRAILING, 1)
    ),
    *(
        mistake(f"unknown-{number}", "LIST-FILTERS-UNKNOWN", ("filters", filters(values)))
        for number, values in enumerate(UNKNOWN, 1)
    ),
    _written("false", '{"label":{"stage":false}}', STAGE, "LIST-FILTERS-FALSE"),
    _written(
        "true-and-false",
        '{"label":{"stage":true,"com.example.version=v2":false}}',
        Query(filters={"label": ["stage", "com.example.version=v2"]}),
        "LIST-FILTERS-FALSE",
    ),
    _written("spaces", '{ "dangling" : [ "true" ] }', LEAF),
    _written("python", '{"dangling": ["true"]}', LEAF),
    _written("newlines", '{"dangling":\n["true"]}\n', LEAF),
    _written("escapes", '{"l\\u0061bel":["st\\u0061ge"]}', STAGE),
    _written(
        "escaped-solidus",
        '{"label":["html=<a href=\\"x\\">R&D<\\/a> \'q\'"]}',
        Query(filters={"label": ["html=<a href=\"x\">R&D</a> 'q'"]}),
    ),
    Case(
        "plus-for-space",
        "LIST-QUERY",
        VectorRequest(
            query="filters=%7B%22label%22:%5B%22note=a+b%2Bc%22%5D%7D",
            parameters=(("filters", '{"label":["note=a b+c"]}'),),
        ),
        listed(Query(filters={"label": ["note=a b+c"]})),
    ),
    *_long(),
    Case(
        "absent-everywhere",
        "LIST-EMPTY",
        sent(Query(filters={"label": ["nosuch"], "dangling": ["true"]})),
        listed(Query(filters={"label": ["nosuch"], "dangling": ["true"]})),
    ),
]
