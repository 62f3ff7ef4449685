"""Rules on hundreds of images."""

from __future__ import annotations

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.steps import Listing
from muster.model.query import ALL, PLAIN, Query
from muster.planting.fixtures import Origin
from muster.register.verdict import Departure, Passed


@check("PLANT-MANY")
def no_listing_is_cut_off(context: Context) -> Steps[Passed]:
    """Hundreds of planted images in the full listing, in the plain one, and by their label."""
    by_label = Query(filters={"label": ["many=yes"]}).request()
    for request in (ALL, PLAIN, by_label):
        found = yield from steps.fetch_listing(request)
        _all_there(context, found)
    return Passed()


def _all_there(context: Context, found: Listing) -> None:
    wanted = planted_steps.of_origin(context, Origin.MANY)
    names = {tag: image for image in found.images for tag in image.tags}
    missing = [planted for planted in wanted if planted.tags[0] not in names]
    if missing:
        raise Departure(
            f"{len(missing)} of {len(wanted)} images that are alike are not listed",
            [found.exchange],
            [f"- {planted.tags[0]}" for planted in missing[:3]],
        )
    planted_steps.require_each_once(found, wanted)
