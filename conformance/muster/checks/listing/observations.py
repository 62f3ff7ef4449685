"""Legitimate differences between engines, which are reported but never judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.errors import MISTAKES
from muster.checks.listing.names import by_filter, by_reference
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, NotAListing, listing
from muster.model.name_filter import WITH_REFERENCE
from muster.model.names import ABSENT_IMAGE
from muster.model.query import PATH, Query, request
from muster.model.reference import canonical, is_tagged
from muster.register.verdict import Inconclusive, Passed

WITHOUT_VALUES = (
    ("label without values", '{"label":[]}'),
    ("dangling without values", '{"dangling":[]}'),
)


@check("LIST-TAGS-SORTED")
def observe_the_order_of_tags(_: Context) -> Steps[Passed]:
    """`RepoTags` of images that have several."""
    found = yield from steps.full_listing()
    several = [image.tags for image in found.images if len(image.tags) > 1]
    if not several:
        raise Inconclusive("no image has two tags: tag one twice")
    orders: dict[str, Callable[[str], str]] = {
        "as they are shown": str,
        "as docker.io/library/...": canonical,
    }
    seen = [
        f"sorted {name}"
        for name, key in orders.items()
        if all(list(tags) == sorted(tags, key=key) for tags in several)
    ]
    return Passed(f"RepoTags are {' and '.join(seen) or 'in no order'}", (found.exchange,))


@check("LIST-NAME-DIGESTS")
def observe_digests_of_an_image_requested_by_tag(context: Context) -> Steps[Passed]:
    """An image with a tag and a digest, requested by its tag."""
    everything = yield from steps.full_listing()
    pulled = [tag for image in everything.images if image.digests for tag in image.tags[:1]]
    if not pulled:
        raise Inconclusive("no image has both a tag and a digest: pull one")
    by = by_reference if context.version >= WITH_REFERENCE else by_filter
    query = by(pulled[0])
    asked = Query(filter=query.filter, filters=query.filters, digests=True).request()
    found = yield from steps.require_listing(asked, see="LIST-DIGESTS")
    shown = any(image.digests for image in found.images)
    return Passed(
        f"an image that is asked for by repository:tag shows {'its' if shown else 'no'} digests",
        (found.exchange,),
    )


@check("LIST-REFERENCE-CANONICAL")
def whether_whole_names_match(_: Context) -> Steps[Passed]:
    """A name with `docker.io/library/` or `docker.io/` in front, which a listing leaves out."""
    everything = yield from steps.full_listing()
    tags = [tag for image in everything.images for tag in image.tags if is_tagged(tag)]
    short = [tag for tag in tags if canonical(tag) != tag]
    if not short:
        raise Inconclusive("no image has a name of Docker Hub: tag one busybox")
    found = yield from steps.require_listing(by_reference(canonical(short[0])).request())
    verb = "matches" if found.images else "does not match"
    return Passed(f"a whole name, docker.io/..., {verb} the image", (found.exchange,))


@check("LIST-FILTER-LATER")
def observe_whether_filter_is_still_supported(_: Context) -> Steps[Passed]:
    """`filter` with a name that no image has."""
    yield from steps.default_listing()
    found = yield from steps.require_listing(by_filter(ABSENT_IMAGE).request())
    return Passed(f"filter is {'ignored' if found.images else 'honoured'}", (found.exchange,))


@check("LIST-FILTERS-NO-VALUES")
def observe_filters_without_values(_: Context) -> Steps[Passed]:
    """`label` and `dangling` without values."""
    usual = yield from steps.default_listing()
    dangling = yield from steps.require_listing(Query(filters={"dangling": ["true"]}).request())
    told: list[str] = []
    shown: list[Exchange] = []
    for name, filters in WITHOUT_VALUES:
        exchange, _response = yield from steps.fetch(request(("filters", filters)))
        told.append(f"{name} {_meaning(exchange, usual, dangling)}")
        shown.append(exchange)
    return Passed("; ".join(told), tuple(shown))


def _meaning(exchange: Exchange, usual: Listing, dangling: Listing) -> str:
    response = exchange.response
    if response is None or response.is_error:
        return "is an error"
    try:
        images = listing(response)
    except NotAListing:
        return "is answered with no listing"
    if _ids(images) == _ids(usual.images):
        return "filters nothing"
    return "means true" if _ids(images) == _ids(dangling.images) else "filters in another way"


def _ids(images: Sequence[Image]) -> set[str]:
    return {image.id for image in images}


@check("LIST-ERROR-TEXT")
def observe_the_format_of_errors(_: Context) -> Steps[Passed]:
    """The media types of error answers."""
    shown: dict[str, Exchange] = {}
    for asked in MISTAKES:
        exchange = yield asked
        if exchange.response is not None and exchange.response.is_error:
            shown.setdefault(exchange.response.media_type or "nothing", exchange)
    if not shown:
        raise Inconclusive("no mistake is answered with an error (see LIST-FILTERS-MALFORMED)")
    return Passed(f"errors are {', '.join(sorted(shown))}", tuple(shown.values()))


@check("HTTP-HEAD")
def observe_the_response_to_head(_: Context) -> Steps[Passed]:
    """`HEAD /images/json`."""
    return (yield from _status("HEAD", Request(PATH, method="HEAD")))


@check("HTTP-DOUBLE-SLASH")
def observe_the_response_to_a_double_slash(_: Context) -> Steps[Passed]:
    """`//images/json`."""
    return (yield from _status("a path with //", Request("/" + PATH)))


def _status(what: str, asked: Request) -> Steps[Passed]:
    exchange, response = yield from steps.fetch(asked)
    return Passed(f"{what} is answered with status {response.status}", (exchange,))
