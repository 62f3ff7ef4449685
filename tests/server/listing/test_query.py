from typing import Any

import pytest

from musterd.contract.rules import V1_23, V1_42, V1_52
from musterd.errors import BadRequestError
from musterd.listing import filters
from musterd.listing.filters import Filters
from musterd.listing.prefilter import Prefilter
from musterd.listing.query import ListQuery


def read(**values: str) -> ListQuery:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return ListQuery.from_parameters(named, V1_52, 0)


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({}, ListQuery()),
        ({"all": "1", "digests": "no", "shared_size": "x"}, ListQuery(all=True, shared_size=True)),
        (
            {"digests": "True", "manifests": "1", "identity": "1"},
            ListQuery(digests=True, manifests=True, identity=True),
        ),
        ({"nosuch": "1", "All": "1"}, ListQuery()),
    ],
)
def test_parameters_are_read_into_a_query(values: dict[str, str], query: Any) -> None:
    assert read(**values) == query


def test_filter_and_filters_are_combined() -> None:
    text = '{"label":["a"]}'
    query = ListQuery.from_parameters({"filters": text, "filter": "b:1"}, V1_23, 0)
    assert query.filters == filters.parse(text, "b:1", V1_23, 0)
    assert query.filters_length == len(text) + 3
    assert query.has_conditions
    assert query.prefilter == Prefilter.of(query.filters)
    assert not ListQuery().has_conditions
    assert ListQuery().filters == Filters()


def test_until_durations_count_from_now() -> None:
    query = ListQuery.from_parameters({"filters": '{"until":["1s"]}'}, V1_42, 5 * 10**9)
    assert query.filters.until == (4 * 10**9,)


@pytest.mark.parametrize("manifests", ["", "0"])
def test_identity_requires_manifests(manifests: str) -> None:
    with pytest.raises(BadRequestError, match=r"identity requires manifests=1$"):
        read(identity="1", manifests=manifests)
