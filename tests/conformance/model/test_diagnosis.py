from __future__ import annotations

from collections.abc import Sequence

import pytest

from muster.model.diagnosis import reading
from muster.model.image import Image
from muster.model.oracle import Oracle
from muster.model.query import Query
from muster.model.version import ApiVersion

VERSION = ApiVersion(1, 25)
A = Image("a", tags=("team/a:1",), labels={"one": "x", "both": "1"})
B = Image("b", tags=("team/b:1",), labels={"two": "y", "both": "2"})
C = Image("c", tags=("c:1",))
D = Image("d", parent="e", labels={"one": ""})
E = Image("e")
FULL = (A, B, C, D, E)


def told(query: Query, *got: Image, version: ApiVersion = VERSION) -> str:
    return reading(Oracle(FULL), query, version, got)


def labelled(*conditions: str) -> Query:
    return Query(all=True, filters={"label": conditions})


@pytest.mark.parametrize(
    ("query", "got", "words"),
    [
        (labelled("one"), (), "it lists no image"),
        (labelled("one"), FULL, "it ignores label=one"),
        (labelled("one=x"), (A, D), "it ignores the value of label=one=x"),
        (labelled("one="), (A, D), "it reads label=one= as label=one"),
        (labelled("both", "one"), (A, B), "of label=both and label=one only label=both counts"),
        (
            labelled("one", "two"),
            (A, B, D),
            "any of label=one and label=two is enough for it, instead of all",
        ),
        (
            Query(filters={"label": ["one"], "dangling": ["false"]}),
            (A, B, C),
            "it ignores label=one",
        ),
        (
            Query(filters={"label": ["one"], "dangling": ["false"]}),
            (A, B, C, D),
            "it ignores every filter",
        ),
        (Query(), FULL, "it lists intermediate images too"),
        (Query(all=True), (A, B, C, D), "it leaves out intermediate images"),
        (labelled("one"), (B,), ""),
        (labelled("one", "two"), (B, C), ""),
        (
            Query(filters={"reference": ["team/a", "c"]}),
            (A,),
            "of reference=team/a and reference=c only reference=team/a counts",
        ),
    ],
)
def test_a_wrong_response_is_explained_by_a_misread_query(
    query: Query, got: Sequence[Image], words: str
) -> None:
    assert told(query, *got) == words


def test_an_ignored_name_filter_is_diagnosed() -> None:
    query = Query(filter="team/a", filters={"label": ["both"]})
    assert told(query, A, B, version=ApiVersion(1, 23)) == "it ignores filter=team/a"


def test_long_conditions_are_truncated_and_many_are_counted() -> None:
    query = labelled("one", "n" * 200, *(f"n{number}" for number in range(5)))
    words = told(query, *FULL)
    assert words == f"it ignores label=one and label={'n' * 79}… and label=n0 and 4 more"
