"""Rules on `digests`, which the seed shows only in an example request."""

from __future__ import annotations

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.other_endpoints import inspect_request, inspected
from muster.model.image import PLACEHOLDERS, strings
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

DIGESTS = Query(digests=True).request()


@check("LIST-DIGESTS")
def digests_lists_the_same_images(_: Context) -> Steps[Passed]:
    """`digests=1` beside the plain listing."""
    usual = yield from steps.default_listing()
    detailed = yield from steps.fetch_listing(DIGESTS)
    steps.require_same_images(
        usual, detailed, "digests=1 lists other images than the plain listing"
    )
    return Passed()


@check("LIST-DIGESTS-SHOWN")
def digests_shows_repo_digests(context: Context) -> Steps[Passed]:
    """`RepoDigests` with `digests=1`, of images that have digests where they are inspected."""
    yield from steps.default_listing()
    detailed = yield from steps.require_listing(DIGESTS, see="LIST-DIGESTS")
    lacking = [image for image in detailed.images if "RepoDigests" not in image.raw]
    for image in context.some(lacking):
        # The seed omits the member if there are no digests.
        exchange = yield inspect_request(image.id)
        shown = strings((inspected(exchange) or {}).get("RepoDigests"))
        if set(shown) - PLACEHOLDERS:
            raise Departure(
                f"digests=1 shows no RepoDigests of {image}, and inspecting it does",
                [detailed.exchange, exchange],
                [f"- RepoDigests: {', '.join(shown)}", "+ absent"],
            )
    if len(lacking) == len(detailed.images):
        raise Inconclusive("no image is known to have a digest: pull one from a registry")
    return Passed()
