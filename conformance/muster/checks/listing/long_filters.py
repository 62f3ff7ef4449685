"""Rules on filters with very many values, and with nearly empty values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.steps import Listing
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_IMAGE, ABSENT_LABEL
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

SIZES = (3_000, 9_000, 30_000)
"""Target sizes in bytes: all servers accept the first, some cut the second or refuse the third."""

REFUSED = range(400, 500)

NO_KEYS = ("", "=", "=muster")
"""Labels without a key."""


@check("LIST-FILTERS-LONG")
def long_filters_are_answered_or_refused(context: Context) -> Steps[Passed]:
    """Filters of 3, 9 and 30 kB whose last value decides."""
    everything = yield from _everything()
    tried = False
    for query, value in _deciding_last(context, everything):
        if not (yield from _is_answered_short(context, everything, query, value)):
            continue
        for size in SIZES:
            long = _lengthened(query, value, size)
            exchange, response = yield from steps.fetch(long.request())
            if response.status in REFUSED:
                break
            try:
                answer = steps.as_listing(exchange)
                steps.compared(context, everything, long, answer)
            except Departure as departure:
                raise Departure(
                    f"a filter of {len(exchange.request.target):,} octets is not answered as "
                    "a short one is, and not refused with a status of 400 to 499",
                    departure.exchanges,
                    departure.difference,
                ) from departure
            tried = True
    if not tried:
        raise Inconclusive("no image has a label or a tag that a filter of two values finds")
    return Passed()


def _is_answered_short(
    context: Context, everything: Listing, query: Query, value: str
) -> Steps[bool]:
    """Whether the short form of *query* gets a correct answer: if not, another rule reports it."""
    short = _lengthened(query, value, 0, least=2)
    try:
        answer = yield from steps.fetch_listing(short.request())
        steps.compared(context, everything, short, answer)
    except Departure:
        return False
    return True


def _deciding_last(context: Context, everything: Listing) -> Iterator[tuple[Query, str]]:
    """Return queries, each with a value that changes nothing when repeated in front."""
    for labels in _labels(everything)[:1]:
        key, value = min(labels.items())
        yield Query(all=True, filters={"label": [ABSENT_LABEL]}), f"{key}={value}"
        yield Query(all=True, filters={"label": [key]}), f"{key}={value}"
    tags = [tag for image in everything.images for tag in image.tags]
    if context.version >= WITH_REFERENCE and tags:
        yield Query(filters={"reference": [min(tags)]}), ABSENT_IMAGE


def _everything() -> Steps[Listing]:
    """Return the full listing, with the known labels of other platforms."""
    return (yield from steps.with_manifests((yield from steps.full_listing())))


def _labels(everything: Listing) -> list[dict[str, str]]:
    """Return the usable labels of each image that has some, most labels first."""
    found = [
        {key: value for key, value in askable.labels(image).items() if "=" not in key}
        for image in everything.images
    ]
    return sorted(filter(None, found), key=lambda labels: (-len(labels), sorted(labels.items())))


def _lengthened(query: Query, value: str, size: int, least: int = 0) -> Query:
    """Return *query* with *value* put in front *least* times, and often enough to reach *size*."""
    ((name, values),) = query.filters.items()
    each = len(Query(filters={name: [value, *values]}).request().target)
    each -= len(Query(filters={name: values}).request().target)
    count = max(size // each, least)
    # Servers that keep the values as a set forget those that are the same.
    front = [f"{value}-{n}" if name == "reference" else value for n in range(count)]
    return Query(all=query.all, filters={name: front + list(values)})


@check("LIST-LABEL-ALL")
def every_label_of_an_image_at_once(context: Context) -> Steps[Passed]:
    """All labels of the image that has most, and all with one that it lacks at either end."""
    everything = yield from _everything()
    richest = next(iter(_labels(everything)), {})
    if len(richest) < 2:  # noqa: PLR2004 - one label alone is LIST-LABEL-VALUE's
        raise Inconclusive("no image has two labels: build one with several")
    every = [f"{key}={value}" for key, value in richest.items()]
    for each in every:
        yield from _require_answered(context, everything, [each], "LIST-LABEL-VALUE")
    for pair in (every[:2], [every[0], ABSENT_LABEL], [ABSENT_LABEL, every[0]]):
        yield from _require_answered(context, everything, pair, "LIST-LABEL-AND")
    for labels in (every, every[::-1], [*every, ABSENT_LABEL], [ABSENT_LABEL, *every]):
        query = Query(all=True, filters={"label": labels})
        exchange, response = yield from steps.fetch(query.request())
        if response.status in REFUSED:
            raise Inconclusive("the server refuses a filter with all labels of an image")
        steps.compared(context, everything, query, steps.as_listing(exchange))
    return Passed()


def _require_answered(
    context: Context, everything: Listing, labels: Sequence[str], see: str
) -> Steps[None]:
    """Send the query for *labels*.

    Raises:
        Inconclusive: If the answer is not that of the oracle; *see* reports that fault.
    """
    query = Query(all=True, filters={"label": labels})
    try:
        answer = yield from steps.fetch_listing(query.request())
        steps.compared(context, everything, query, answer)
    except Departure as departure:
        raise Inconclusive(f"simpler labels are not answered correctly (see {see})") from departure


@check("LIST-LABEL-NO-KEY")
def a_label_without_a_key_matches_no_image(context: Context) -> Steps[Passed]:
    """An empty label, `=` and `=value`."""
    everything = yield from _everything()
    richest = next(iter(_labels(everything)), {})
    if not richest:
        raise Inconclusive("no image has a label: build one with LABEL")
    key, value = max(richest.items(), key=lambda pair: len(pair[0]))
    for near in (ABSENT_LABEL, key[:-1], key[1:], key[1:-1], value):
        if near and "=" not in near:
            yield from _require_answered(context, everything, [near], "LIST-LABEL-KEY")
    queries = [Query(filters={"label": [each]}) for each in NO_KEYS]
    yield from steps.compare_with_oracle(context, everything, queries)
    return Passed()
