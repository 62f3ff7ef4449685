"""Rules on parameters in general: unknown ones, repeated ones, both wire forms of `filters`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.model import difference
from muster.model.exchange import Request
from muster.model.image import Image
from muster.model.names import ABSENT_IMAGE
from muster.model.oracle import Expected
from muster.model.query import PLAIN, Query, request
from muster.model.reference import repository
from muster.model.version import ApiVersion
from muster.register.verdict import Departure, Inconclusive, Passed

UNKNOWN = (
    ("muster", "1"),
    ("only_ids", "0"),
    ("limit", "1"),
    ("limit", "0"),
    ("offset", "1"),
    ("offset", "5"),
    ("skip", "1"),
    ("n", "1"),
    ("count", "1"),
    ("sort", "name"),
    ("sort", "created"),
    ("order", "asc"),
    ("page", "0"),
    ("page", "2"),
    ("per_page", "1"),
    ("size", "1"),
    ("dangling", "true"),
    ("label", "muster"),
    ("reference", ABSENT_IMAGE),
    ("before", ABSENT_IMAGE),
    ("since", ABSENT_IMAGE),
    ("until", "1"),
    ("fromImage", ABSENT_IMAGE),
    ("filters[dangling][0]", "true"),
    ("platform", "linux/muster"),
    ("\N{LATIN SMALL LETTER E WITH ACUTE}", "1"),
    ("", "1"),
)
"""Parameters that the endpoint does not have; clients are known to send some of them."""

OTHER_CASE = (
    ("ALL", "1"),
    ("All", "1"),
    ("all ", "1"),
    ("Filter", ABSENT_IMAGE),
    ("FILTERS", "{"),
)
"""Parameters of the endpoint, in another case or with a space."""

LATER = {
    ("shared-size", "1"): ApiVersion(1, 42),
    ("manifests", "1"): ApiVersion(1, 47),
    ("identity", "1"): ApiVersion(1, 54),
}
"""Parameters, and the API versions that added them."""

EARLY = 1
"""A time before every image."""

LATER_FILTERS = {
    "before": ApiVersion(1, 24),
    "since": ApiVersion(1, 24),
    "reference": ApiVersion(1, 25),
    "until": ApiVersion(1, 44),
}
"""Filters, and the API versions that added them."""


EMPTY = (
    ("filters", "{}"),
    ("filters", " { } "),
    ("filters", ""),
    ("filters", "null"),
    ("filter", ""),
)
"""Parameters that filter nothing."""


@check("LIST-UNKNOWN-PARAMETER")
def unknown_parameters_change_nothing(_: Context) -> Steps[Passed]:
    """One unknown parameter at a time beside the plain listing."""
    return (yield from _ignored(UNKNOWN))


@check("LIST-PARAMETER-CASE")
def parameters_are_case_sensitive(_: Context) -> Steps[Passed]:
    """The endpoint's own parameters in another case, beside the plain listing."""
    return (yield from _ignored(OTHER_CASE))


@check("LIST-LATER-PARAMETERS")
def later_parameters_change_nothing(context: Context) -> Steps[Passed]:
    """Parameters of later API versions, one at a time, beside the plain listing."""
    return (yield from _ignored([each for each, since in LATER.items() if context.version < since]))


@check("LIST-LATER-FILTERS")
def later_filters_are_not_ignored(context: Context) -> Steps[Passed]:
    """Filters of later API versions, with values that leave out an image if they are honoured."""
    everything = yield from steps.full_listing()
    image = everything.images[0]
    values = {"before": image.id, "since": image.id, "reference": ABSENT_IMAGE, "until": str(EARLY)}
    for name, since in LATER_FILTERS.items():
        if context.version >= since:
            continue
        asked = Query(all=True, filters={name: [values[name]]}).request()
        exchange, response = yield from steps.fetch(asked)
        if response.is_error:
            continue
        found = steps.as_listing(exchange)
        if not any(_is_left_out(each, name, image) for each in found.images):
            continue
        ignored = not difference.image_differences(Expected(everything.images), found.images)
        how = "silently ignored" if ignored else "honoured, and lists images that do not meet it"
        raise Departure(
            f"the filter {name}, which came with API {since}, is {how}",
            [everything.exchange, exchange],
            ["- status 400, or the images that meet it", "+ images that do not"],
        )
    return Passed()


def _is_left_out(image: Image, name: str, named: Image) -> bool:
    """Whether the filter *name*, if the server honours it, excludes *image*."""
    if name == "until":
        return image.created is not None and image.created > EARLY
    return name == "reference" or image.id == named.id


def _ignored(parameters: Sequence[tuple[str, str]]) -> Steps[Passed]:
    usual = yield from steps.default_listing()
    for parameter in parameters:
        found = yield from steps.fetch_listing(request(parameter))
        message = f"the unknown parameter {parameter[0]} changes the listing"
        steps.require_same_images(usual, found, message)
    return Passed()


@check("LIST-FIRST-VALUE")
def the_first_of_a_repeated_parameter_counts(_: Context) -> Steps[Passed]:
    """`all`, `filter` and `filters`, twice each with values that have different answers."""
    everything = yield from steps.full_listing()
    told_apart = 0
    for one, other in _conflicting(everything.images):
        first = yield from steps.require_listing(request(one))
        second = yield from steps.require_listing(request(other))
        if not difference.image_differences(Expected(first.images), second.images):
            continue
        told_apart += 1
        both = yield from steps.fetch_listing(request(one, other))
        lines = difference.image_differences(Expected(first.images), both.images)
        if lines:
            raise Departure(
                f"of {one[0]}={one[1]} and {other[0]}={other[1]} the first does not win",
                [first.exchange, both.exchange],
                difference.truncate(lines),
            )
    if not told_apart:
        raise Inconclusive("no two values have different answers: add images in two repositories")
    return Passed()


def _conflicting(images: tuple[Image, ...]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    yield ("all", "0"), ("all", "1")
    names = sorted({repository(tag) for image in images for tag in image.tags})
    if len(names) > 1:
        yield ("filter", names[0]), ("filter", names[-1])
    yield ("filters", '{"dangling":["true"]}'), ("filters", '{"dangling":["false"]}')


@check("LIST-FILTERS-FORMS")
def both_wire_forms_mean_the_same(context: Context) -> Steps[Passed]:
    """`{"key":["value"]}` and `{"key":{"value":true}}`, with every key of `filters`."""
    everything = yield from steps.full_listing()
    labels = askable.pairs(everything.images)
    queries = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    queries += [
        Query(filters={"label": [f"{key}={value}", key]}) for key, value in context.some(labels)
    ]
    queries += [
        Query(filters={name: [value]})
        for name, value in _of_first(everything.images)
        if context.version >= LATER_FILTERS[name]
    ]
    for query in queries:
        lists = yield from steps.fetch_listing(query.request(form="list"))
        maps = yield from steps.fetch_listing(query.request(form="map"))
        steps.require_same_images(
            lists, maps, "the two wire forms of filters have different answers"
        )
    return Passed()


def _of_first(images: Sequence[Image]) -> Iterator[tuple[str, str]]:
    """Return filter values taken from the newest image and the first tag."""
    for image in images[:1]:
        yield from (("before", image.id), ("since", image.id))
    for tag in [tag for image in images for tag in image.tags][:1]:
        yield "reference", tag


@check("LIST-FILTERS-FALSE")
def values_of_the_map_form_do_not_count(context: Context) -> Steps[Passed]:
    """`{"label":{"key":false}}` beside `{"label":["key"]}`."""
    everything = yield from steps.full_listing()
    keys = askable.keys(everything.images)
    if not keys:
        raise Inconclusive("no image has a label: build one with LABEL")
    for key in context.some(keys, at_most=5):
        usual = yield from steps.require_listing(Query(filters={"label": [key]}).request())
        written = json.dumps({"label": {key: False}}, ensure_ascii=False, separators=(",", ":"))
        found = yield from steps.fetch_listing(request(("filters", written)))
        steps.require_same_images(usual, found, "a label with the value false counts another way")
    return Passed()


@check("LIST-FILTERS-EMPTY")
def no_filters_filter_nothing(_: Context) -> Steps[Passed]:
    """Empty values of `filters` and `filter` beside the plain listing, and beside a `filter`."""
    usual = yield from steps.default_listing()
    named = ("filter", next((tag for image in usual.images for tag in image.tags), ABSENT_IMAGE))
    alone = yield from steps.require_listing(request(named))
    for parameter in EMPTY:
        found = yield from steps.fetch_listing(request(parameter))
        message = f"{parameter[0]}={parameter[1]} must filter nothing"
        steps.require_same_images(usual, found, message)
        if parameter[0] == "filters":
            found = yield from steps.fetch_listing(request(parameter, named))
            steps.require_same_images(alone, found, message)
    return Passed()


@check("LIST-TRAILING-QUESTION-MARK")
def an_empty_query_equals_no_query(_: Context) -> Steps[Passed]:
    """`/images/json?`, which several clients send, and `?&`."""
    usual = yield from steps.default_listing()
    for query in ("?", "?&", "?&&all=0&"):
        found = yield from steps.fetch_listing(Request(PLAIN.target + query))
        steps.require_same_images(usual, found, "an empty query changes the listing")
    return Passed()
