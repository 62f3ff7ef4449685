"""Says how a server seems to have read a query, from the wrong images that it lists; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from muster.model import difference
from muster.model.image import Image, printable
from muster.model.oracle import Expected, Oracle
from muster.model.query import Query
from muster.model.version import ApiVersion

LONGEST = 80
"""Characters of a condition to show."""

SHOWN = 3
"""Conditions to show."""


def reading(oracle: Oracle, query: Query, version: ApiVersion, got: Sequence[Image]) -> str:
    """Return the first misreading of *query* whose answer *got* is; empty if none is known.

    Args:
        oracle: The model of the server's images.
        query: What was asked.
        version: The API version of the request.
        got: The images of the wrong answer.
    """
    if not got:
        return "it lists no image"
    for misread, told in _misreadings(query):
        if any(_is(answer, got) for answer in oracle.expected(misread, version)):
            return told
    for key, values in query.filters.items():
        if len(values) > 1 and _is(_union(oracle, query, key, version), got):
            return f"any of {_conditions(key, values)} is enough for it, instead of all"
    return ""


def _is(answer: Expected, got: Sequence[Image]) -> bool:
    return not difference.image_differences(answer, got)


def _misreadings(query: Query) -> Iterator[tuple[Query, str]]:
    if query.filter:
        yield replace(query, filter=None), f"it ignores filter={_short(query.filter)}"
    for key, values in query.filters.items():
        yield _with(query, key, ()), f"it ignores {_conditions(key, values)}"
        if len(values) > 1:
            for value in dict.fromkeys(values):
                told = f"of {_conditions(key, values)} only {_conditions(key, [value])} counts"
                yield _with(query, key, [value]), told
    for value in query.filters.get("label", ()):
        name, equals, text = value.partition("=")
        if text:
            label = _conditions("label", [value])
            yield _label(query, value, name), f"it ignores the value of {label}"
        elif equals:
            yield _label(query, value, name), f"it reads label={_short(value)} as label={name}"
    if query.filters and query.filter is None:
        yield Query(all=query.all), "it ignores every filter"
    told = "it leaves out intermediate images" if query.all else "it lists intermediate images too"
    yield replace(query, all=not query.all), told


def _with(query: Query, key: str, values: Sequence[str]) -> Query:
    """Return *query* with other values of the filter *key*; without it if there are none."""
    filters = {name: each for name, each in query.filters.items() if name != key}
    return replace(query, filters=filters | ({key: list(values)} if values else {}))


def _label(query: Query, old: str, new: str) -> Query:
    return _with(query, "label", [new if each == old else each for each in query.filters["label"]])


def _union(oracle: Oracle, query: Query, key: str, version: ApiVersion) -> Expected:
    found: dict[str, Image] = {}
    optional: set[str] = set()
    for value in query.filters[key]:
        for answer in oracle.expected(_with(query, key, [value]), version):
            found |= {image.id: image for image in answer.images}
            optional |= answer.optional
    return Expected(tuple(found.values()), frozenset(optional))


def _conditions(key: str, values: Sequence[str]) -> str:
    distinct = [f"{key}={_short(value)}" for value in dict.fromkeys(values)]
    if len(distinct) > SHOWN:
        distinct[SHOWN:] = [f"{len(distinct) - SHOWN} more"]
    return " and ".join(distinct)


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
