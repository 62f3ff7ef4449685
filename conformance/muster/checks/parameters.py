"""Rules on parameters as such: unknown ones, repeated ones, both wire forms of `filters`."""

from __future__ import annotations

from collections.abc import Iterator

from muster import difference, evidence
from muster.check import Context, Steps, check
from muster.exchange import Request
from muster.image import Image
from muster.model import Expected
from muster.query import Query, request
from muster.reference import repository
from muster.verdict import Departure, Held, NoEvidence

UNKNOWN = (
    ("muster", "1"),
    ("only_ids", "0"),
    ("limit", "1"),
    ("dangling", "true"),
    ("label", "muster"),
)
"""Parameters that the endpoint does not have; clients are known to send some of them."""

OTHER_CASE = (("ALL", "1"), ("Filter", "muster.test/no-such-image"), ("FILTERS", "{"))
"""Parameters that it has, in another case."""


@check("LIST-UNKNOWN-PARAMETER")
def unknown_parameters_change_nothing(_: Context) -> Steps[Held]:
    """One unknown parameter at a time beside the plain listing."""
    return (yield from _ignored(UNKNOWN))


@check("LIST-PARAMETER-CASE")
def parameters_are_case_sensitive(_: Context) -> Steps[Held]:
    """The endpoint's own parameters in another case, beside the plain listing."""
    return (yield from _ignored(OTHER_CASE))


def _ignored(parameters: tuple[tuple[str, str], ...]) -> Steps[Held]:
    usual = yield from evidence.plain()
    for parameter in parameters:
        found = yield from evidence.listed(request(parameter))
        message = f"the unknown parameter {parameter[0]} changes the listing"
        evidence.same_images(usual, found, message)
    return Held()


@check("LIST-FIRST-VALUE")
def the_first_of_a_repeated_parameter_counts(_: Context) -> Steps[Held]:
    """`all`, `filter` and `filters`, twice each with values that have different answers."""
    everything = yield from evidence.full()
    told_apart = 0
    for one, other in _conflicting(everything.images):
        first = yield from evidence.basis(request(one))
        second = yield from evidence.basis(request(other))
        if not difference.of_images(Expected(first.images), second.images):
            continue
        told_apart += 1
        both = yield from evidence.listed(request(one, other))
        lines = difference.of_images(Expected(first.images), both.images)
        if lines:
            raise Departure(
                f"of {one[0]}={one[1]} and {other[0]}={other[1]} the first does not win",
                [first.exchange, both.exchange],
                difference.cut(lines),
            )
    if not told_apart:
        raise NoEvidence("no two values have different answers: add images in two repositories")
    return Held()


def _conflicting(images: tuple[Image, ...]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    yield ("all", "0"), ("all", "1")
    names = sorted({repository(tag) for image in images for tag in image.tags})
    if len(names) > 1:
        yield ("filter", names[0]), ("filter", names[-1])
    yield ("filters", '{"dangling":["true"]}'), ("filters", '{"dangling":["false"]}')


@check("LIST-FILTERS-FORMS")
def both_wire_forms_mean_the_same(context: Context) -> Steps[Held]:
    """`{"key":["value"]}` and `{"key":{"value":true}}`."""
    everything = yield from evidence.full()
    labels = sorted({pair for image in everything.images for pair in image.labels.items()})
    queries = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    queries += [
        Query(filters={"label": [f"{key}={value}", key]}) for key, value in context.some(labels)
    ]
    for query in queries:
        lists = yield from evidence.listed(query.request(form="list"))
        maps = yield from evidence.listed(query.request(form="map"))
        evidence.same_images(lists, maps, "the two wire forms of filters have different answers")
    return Held()


@check("LIST-FILTERS-EMPTY")
def no_filters_filter_nothing(_: Context) -> Steps[Held]:
    """Empty values of `filters` and `filter`, beside the plain listing."""
    usual = yield from evidence.plain()
    for parameter in (("filters", "{}"), ("filters", ""), ("filters", "null"), ("filter", "")):
        found = yield from evidence.listed(request(parameter))
        message = f"{parameter[0]}={parameter[1]} must filter nothing"
        evidence.same_images(usual, found, message)
    return Held()


@check("LIST-TRAILING-QUESTION-MARK")
def an_empty_query_is_no_query(_: Context) -> Steps[Held]:
    """`/images/json?`, which several clients send."""
    usual = yield from evidence.plain()
    found = yield from evidence.listed(Request(evidence.PLAIN.target + "?"))
    evidence.same_images(usual, found, "an empty query changes the listing")
    return Held()
