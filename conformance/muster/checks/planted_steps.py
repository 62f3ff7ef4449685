"""Steps of checks on images that the suite put there itself, so that it knows what they are."""

from __future__ import annotations

from collections.abc import Iterable

from muster.checks import steps
from muster.checks.check import Context, Steps
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, NotAListing, listing, shorten
from muster.planting.docker_archive import RUN_LABEL
from muster.planting.fixtures import Origin, Planted
from muster.register.verdict import Departure, NoEvidence

Pairs = list[tuple[Planted, Image]]


def is_same(planted: Planted, image: Image) -> bool:
    """Whether *image* is *planted*: by Id, or by name where Ids are not those of configs."""
    if image.id in planted.ids or any(tag in planted.tags for tag in image.tags):
        return True
    if planted.digests:
        return any(name in planted.digests for name in image.references)
    return RUN_LABEL in planted.labels and dict(image.labels) == dict(planted.labels)


def of(context: Context, origin: Origin) -> list[Planted]:
    """The planted images of *origin*."""
    return [image for image in context.planted if image.origin is origin]


def found(context: Context, *origins: Origin) -> Steps[tuple[Listing, Pairs]]:
    """The full listing, and those planted images of *origins* that are in it.

    Raises:
        NoEvidence: if there are none.
    """
    everything = yield from steps.full()
    pairs = [
        (planted, image)
        for planted in context.planted
        if planted.origin in origins
        for image in everything.images
        if is_same(planted, image)
    ]
    if not pairs:
        rule = "PLANT-LISTED" if Origin.ARCHIVE in origins else "PLANT-PULLED"
        raise NoEvidence(f"no planted image is listed (see {rule})")
    return everything, pairs


def differs(everything: Listing, planted: Planted, wanted: object, shown: object) -> Departure:
    """That *planted* is shown as *shown*, and not as *wanted*."""
    return Departure(
        f"the planted image {planted.key} is not shown as it is",
        [everything.exchange],
        [f"- {shorten(str(wanted), 180)}", f"+ {shorten(str(shown), 180)}"],
    )


def each_once(listed: Listing, wanted: Iterable[Planted]) -> None:
    """See that each of *wanted* is in *listed*, once.

    Raises:
        Departure: if one is not.
    """
    for planted in wanted:
        count = sum(is_same(planted, image) for image in listed.images)
        if count != 1:
            name = (*planted.tags, *planted.digests, planted.id)[0]
            raise Departure(
                f"{name} is listed {count} times",
                [listed.exchange],
                [f"- {planted.id} {', '.join(planted.tags)}", f"+ {count} such images"],
            )


def done(request: Request) -> Steps[None]:
    """Change something.

    Raises:
        NoEvidence: if the server will not; there is nothing to see of it then.
    """
    exchange: Exchange = yield request
    refused(exchange)


def refused(exchange: Exchange) -> None:
    """See that a change was made.

    Raises:
        NoEvidence: if it was not.
    """
    response = exchange.response
    if response is None or response.is_error:
        told = response.text if response else exchange.trouble
        asked = exchange.request
        raise NoEvidence(f"{asked.method} {asked.target} was refused: {shorten(told)}")


def holder_is(name: str, image: Planted | None, within: Listing) -> None:
    """See that in *within* the tag *name* stands at *image*, or at none.

    Raises:
        Departure: if it does not.
    """
    holders = [each for each in within.images if name in each.tags]
    correct = len(holders) == 1 and is_same(image, holders[0]) if image else not holders
    if not correct:
        wanted = (*image.tags, image.id)[0] if image else "no image"
        shown = ", ".join(str(each) for each in holders) or "no image"
        raise Departure(
            f"{name} stands at other images than it was given to",
            [within.exchange],
            [f"- {name} at {wanted}", f"+ {name} at {shown}"],
        )


def listing_of(exchange: Exchange) -> Listing:
    """The listing that *exchange* brought.

    Raises:
        Departure: if it brought none.
    """
    if exchange.response is None:
        raise Departure(f"no answer came: {exchange.trouble}", [exchange])
    try:
        return Listing(exchange, listing(exchange.response))
    except NotAListing as e:
        raise Departure(f"a listing was expected, but {e}", [exchange]) from e


def as_listed(planted: Planted) -> Steps[Image]:
    """*planted*, as the full listing shows it.

    Raises:
        NoEvidence: if it does not.
    """
    everything = yield from steps.full()
    for image in everything.images:
        if is_same(planted, image):
            return image
    raise NoEvidence(f"the planted image {planted.key} is not listed (see PLANT-LISTED)")
