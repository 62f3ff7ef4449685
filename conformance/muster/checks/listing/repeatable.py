"""The rule that reading is repeatable: the same request has the same answer, whatever was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.names import by_filter, by_reference
from muster.checks.listing.parameters import LATER, LATER_FILTERS
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.exchange import Exchange, Request
from muster.model.image import Image
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_LABEL
from muster.model.oracle import Expected
from muster.model.query import ALL, PLAIN, Query, inspect_request, request
from muster.model.reference import repository
from muster.register.verdict import Departure, Passed

ROUNDS = 3
"""How often reads must change a listing that otherwise stays the same."""

END_OF_TIME = 253402300799
"""The last second of the year 9999."""


@check("LIST-REPEATABLE")
def a_repeated_request_gets_the_same_response(context: Context) -> Steps[Passed]:
    """Listings four times each; the plain one after each kind of read, inspecting included."""
    everything = yield from steps.full_listing()
    queries = [Query(), Query(all=True)]
    labels = askable.keys(everything.images)
    queries += [
        Query(filters={"label": [key, f"{key}=muster"]}) for key in context.some(labels)[:3]
    ]
    for query in queries:
        first = yield from steps.require_listing(query.request())
        for _again in range(3):
            again = yield from steps.require_listing(query.request())
            steps.require_same_images(
                first, again, "the same request, asked again, has another answer"
            )
    yield from _reads_change_nothing(context, everything)
    return Passed()


def _reads_change_nothing(context: Context, everything: Listing) -> Steps[None]:
    """Check that no read changes a listing.

    The change may last, so that the runner cannot repeat it. It counts if reads change a listing
    each time, of one image after the other, while as many plain listings change nothing.
    """
    found: list[Departure] = []
    while len(found) < ROUNDS:
        departure = yield from _changed(_reads(context, everything.images, len(found)))
        idle = [PLAIN] * len(everything.images)
        if departure is None or (yield from _changed(idle)) is not None:
            # Reads change nothing, or another client is at work.
            return
        found.append(departure)
    raise found[0]


def _changed(reads: Sequence[Request]) -> Steps[Departure | None]:
    """Send *reads*, and return the first that changes a listing; None if none does."""
    usual = yield from steps.require_listing(PLAIN)
    everything = yield from steps.require_listing(ALL)
    for read in reads:
        exchange: Exchange = yield read
        after = yield from steps.require_listing(PLAIN)
        if lines := _differences(usual, after):
            return _departure(usual, exchange, after, lines)
    last = yield from steps.require_listing(ALL)
    if lines := _differences(everything, last):
        return _departure(everything, exchange, last, lines)
    return None


def _departure(before: Listing, read: Exchange, after: Listing, lines: Sequence[str]) -> Departure:
    return Departure(
        f"GET {read.request.target} changes what GET {after.exchange.request.target} lists",
        [before.exchange, read, after.exchange],
        difference.truncate(lines),
        confirmed=True,
    )


def _differences(before: Listing, after: Listing) -> list[str]:
    lines = difference.image_differences(Expected(before.images), after.images)
    lines += difference.field_differences(before.images, after.images)
    digests = {image.id: sorted(image.digests or ()) for image in before.images}
    return lines + [
        line
        for image in after.images
        if digests.get(image.id, []) != sorted(image.digests or ()) and image.id in digests
        for line in (
            f"- RepoDigests of {image.id}: {digests[image.id]}",
            f"+ RepoDigests of {image.id}: {sorted(image.digests or ())}",
        )
    ]


def _reads(context: Context, images: Sequence[Image], turn: int) -> list[Request]:
    """Return one read of each kind, with values of other images in each *turn*."""
    reads = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    reads += [Query(all=True), Query(digests=True)]
    reads += _of_images(context, images, turn)
    named = [request(each) for each, since in LATER.items() if context.version >= since]
    mistake = request(("filters", "{"))
    inspecting = inspect_request(images[turn % len(images)].id)
    return [*(query.request() for query in reads), *named, mistake, inspecting]


def _of_images(context: Context, images: Sequence[Image], turn: int) -> Iterator[Query]:
    """Yield queries with the labels, names and dates of images, of other ones in each *turn*."""
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    pairs = askable.pairs(images)
    if pairs:
        key, value = pairs[turn % len(pairs)]
        yield Query(filters={"label": [key]})
        yield Query(filters={"label": [f"{key}={value}", ABSENT_LABEL]})
    # Those with most names first: of them a server can forget some.
    tags = [image.tags[0] for image in sorted(images, key=_by_names) if image.tags]
    if tags:
        yield by(tags[turn % len(tags)])
        yield by(repository(tags[turn % len(tags)]))
    for name, since in LATER_FILTERS.items():
        if context.version >= since and name != "reference":
            image = images[turn % len(images)]
            yield Query(filters={name: [str(END_OF_TIME) if name == "until" else image.id]})


def _by_names(image: Image) -> int:
    return -len(image.tags)
