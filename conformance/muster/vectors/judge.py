"""Compares an answer with a vector: the runner for servers in Python, and the model of others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from muster.model.exchange import Response
from muster.model.image import NotAListing, listing, plain_id, shorten
from muster.vectors.vector import Alternative, CatalogueImage, Rule, Vector

OK = 200

ListFunction = Callable[[str], Response]
"""Answers a query, percent-encoded, from one catalogue at one API version."""

Row = dict[str, Any]


class _Different(Exception):
    """The answer is not the expected one; the message says how."""


def judge(vector: Vector, catalogue: Sequence[CatalogueImage], ask: ListFunction) -> str:
    """Return how the server departs from *vector*; empty if it does not.

    Args:
        vector: The vector.
        catalogue: The images that the server holds: those of `vector.catalogue`.
        ask: The list function, at an API version at which `vector` holds.
    """
    answer = ask(vector.request.query)
    found = []
    for alternative in vector.expect:
        try:
            _compare(alternative, answer, catalogue, ask)
        except _Different as difference:
            found.append(str(difference))
        else:
            return ""
    return "; or: ".join(found)


def _compare(
    expected: Alternative,
    answer: Response,
    catalogue: Sequence[CatalogueImage],
    ask: ListFunction,
) -> None:
    if expected.error:
        _compare_error(expected, *expected.error, answer)
    elif expected.same:
        others = [row for request in expected.same for row in _rows(ask(request.query))]
        _equal(_ids(_rows(answer)), _ids(others), "the images")
    else:
        _compare_images(expected, _rows(answer), catalogue)


def _compare_error(expected: Alternative, low: int, high: int, answer: Response) -> None:
    if not low <= answer.status <= high:
        raise _Different(f"status {answer.status} instead of an error from {low} to {high}")
    if expected.media not in {"", answer.media_type}:
        raise _Different(f"the media type of the error is {answer.media_type}")
    if expected.message and not _message(answer):
        raise _Different(f"the error has no message: {shorten(answer.text)}")


def _message(answer: Response) -> str:
    if answer.media_type != "application/json":
        return answer.text.strip()
    try:
        body = answer.json()
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""


def _rows(answer: Response) -> list[Row]:
    """Return the images of *answer* as objects."""
    if answer.status == OK and answer.media_type != "application/json":
        raise _Different(f"the media type of the listing is {answer.media_type or 'missing'}")
    try:
        images = listing(answer)
    except NotAListing as error:
        raise _Different(str(error)) from None
    if answer.body.strip() == b"null":
        raise _Different("the answer is null instead of a list")
    return [dict(image.raw) for image in images]


def _compare_images(
    expected: Alternative, rows: Sequence[Row], catalogue: Sequence[CatalogueImage]
) -> None:
    by_id = {plain_id(image.id): image for image in catalogue}
    names = [
        by_id[plain_id(row["Id"])].name if plain_id(row["Id"]) in by_id else row["Id"]
        for row in rows
    ]
    got, wanted = Counter(names), Counter(expected.images or ())
    missing = wanted - got - Counter(expected.optional)
    if missing or got - wanted:
        raise _Different(f"missing {sorted(missing)}, too many {sorted(got - wanted)}")
    for name, row in zip(names, rows, strict=True):
        for member, rule in expected.members.get(name, {}).items():
            if not _admits(rule, row, member):
                raise _Different(f"{member} of {name} is {_json(row.get(member))}")
    if expected.ordered:
        dates = [row.get("Created") for row in rows]
        whole = [date for date in dates if type(date) is int]
        if whole != dates or whole != sorted(whole, reverse=True):
            raise _Different(f"the order by Created is {json.dumps(dates)}")


def _ids(rows: Iterable[Row]) -> list[str]:
    return sorted({row["Id"] for row in rows})


def _admits(rule: Rule, row: Row, member: str) -> bool:
    if member not in row:
        return rule.absent
    value = row[member]
    return (
        _json(value) in map(_json, rule.values or ())
        or (rule.minimum is not None and type(value) is int and value >= rule.minimum)
        or (rule.contains is not None and all(part in _json(value) for part in rule.contains))
    )


def _equal(got: object, wanted: object, about: str) -> None:
    if got != wanted:
        raise _Different(f"{about}: {_json(got)} instead of {_json(wanted)}")


def _json(value: Any) -> str:
    """Return *value* as JSON, lists in order: equal for equal values; 1 and 1.0 are different."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(sorted(map(_json, value)))}]"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
