"""Steps of checks on planted images, whose content the suite knows."""

from __future__ import annotations

from collections.abc import Iterable

from muster.checks import steps
from muster.checks.check import Context, Steps
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, shorten
from muster.planting.docker_archive import RUN_LABEL
from muster.planting.fixtures import Origin, Planted
from muster.register.verdict import Departure, Inconclusive

Pairs = list[tuple[Planted, Image]]


def is_same(planted: Planted, image: Image) -> bool:
    """Whether *image* is *planted*: by Id, or by name if Ids are not the digests of configs."""
    if image.id in planted.ids or any(tag in planted.tags for tag in image.tags):
        return True
    if planted.digests:
        return any(name in planted.digests for name in image.references)
    return RUN_LABEL in planted.labels and dict(image.labels) == dict(planted.labels)


def of_origin(context: Context, origin: Origin) -> list[Planted]:
    """Return the planted images of *origin*."""
    return [image for image in context.planted if image.origin is origin]


def listed_images(context: Context, *origins: Origin) -> Steps[tuple[Listing, Pairs]]:
    """Return the full listing, and the planted images of *origins* that it shows.

    Raises:
        Inconclusive: If it shows none.
    """
    everything = yield from steps.full_listing()
    pairs = [
        (planted, image)
        for planted in context.planted
        if planted.origin in origins
        for image in everything.images
        if is_same(planted, image)
    ]
    if not pairs:
        raise Inconclusive(f"no planted image is listed (see {_listed_by(*origins)})")
    return everything, pairs


def not_as_planted(
    everything: Listing, planted: Planted, wanted: object, shown: object
) -> Departure:
    """Return the departure that the server lists *planted* as *shown* instead of *wanted*."""
    return Departure(
        f"the planted image {planted.key} is not shown as it is",
        [everything.exchange],
        [f"- {shorten(str(wanted), 180)}", f"+ {shorten(str(shown), 180)}"],
    )


def require_each_once(listed: Listing, wanted: Iterable[Planted]) -> None:
    """Check that *listed* has each of *wanted* exactly once.

    Raises:
        Departure: If it does not.
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


def expect_change(request: Request) -> Steps[None]:
    """Send a request that changes something.

    Raises:
        Inconclusive: If the server refuses, so that there is nothing to check.
    """
    exchange: Exchange = yield request
    expect_success(exchange)


def expect_success(exchange: Exchange) -> None:
    """Check that a change succeeded.

    Raises:
        Inconclusive: If it failed.
    """
    response = exchange.response
    if response is None or response.is_error:
        told = response.text if response else exchange.error
        asked = exchange.request
        raise Inconclusive(f"{asked.method} {asked.target} was refused: {shorten(told)}")


def require_holder(name: str, image: Image | None, within: Listing) -> None:
    """Check that in *within* only *image* has the tag *name*, or no image.

    Args:
        name: The tag.
        image: The image as the full listing shows it. Its Id identifies it: a filter may hide its
            other names, and an Id need not be the digest of its config.
        within: The listing.

    Raises:
        Departure: If another image has it.
    """
    holders = [each for each in within.images if name in each.tags]
    if [each.id for each in holders] != ([image.id] if image else []):
        wanted = str(image) if image else "no image"
        shown = ", ".join(str(each) for each in holders) or "no image"
        raise Departure(
            f"{name} is shown at other images than the tagged one",
            [within.exchange],
            [f"- {name} at {wanted}", f"+ {name} at {shown}"],
        )


def listed_image(planted: Planted) -> Steps[Image]:
    """Return *planted* as the full listing shows it.

    Raises:
        Inconclusive: If the full listing does not show it.
    """
    everything = yield from steps.full_listing()
    for image in everything.images:
        if is_same(planted, image):
            return image
    rule = _listed_by(planted.origin)
    raise Inconclusive(f"the planted image {planted.key} is not listed (see {rule})")


def _listed_by(*origins: Origin) -> str:
    """Return the requirement that planted images are listed at all."""
    return "PLANT-LISTED" if Origin.ARCHIVE in origins else "PLANT-PULLED"
