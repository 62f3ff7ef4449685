"""Rules on `digests`, which the seed shows only in an example request."""

from __future__ import annotations

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.other_endpoints import inspected
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.image import PLACEHOLDERS, strings
from muster.model.query import PLAIN, Query, inspect_request, request
from muster.register.verdict import Departure, Inconclusive, Passed

DIGESTS = Query(digests=True).request()


@check("LIST-DIGESTS")
def digests_lists_the_same_images(_: Context) -> Steps[Passed]:
    """`digests` in each documented spelling of `all`, beside the plain listing."""
    usual = yield from steps.default_listing()
    for text in ("1", "True", "true", "0", "False", "false"):
        detailed = yield from steps.fetch_listing(request(("digests", text)))
        steps.require_same_images(
            usual, detailed, f"digests={text} lists other images than the plain listing"
        )
    return Passed()


def _require_same_digests(usual: Listing, text: str) -> Steps[None]:
    asked = request(("digests", text))
    found = yield from steps.require_listing(asked, see="LIST-DIGESTS")
    lines = difference.field_differences(usual.images, found.images, without=())
    if lines:
        raise Departure(
            f"digests={text} shows other RepoDigests than {usual.exchange.request.target}",
            [usual.exchange, found.exchange],
            difference.truncate(lines),
        )


@check("LIST-DIGESTS-SHOWN")
def digests_shows_repo_digests(context: Context) -> Steps[Passed]:
    """`RepoDigests` with `digests=1`, beside inspect, and with other spellings of 1 and 0."""
    yield from steps.default_listing()
    detailed = yield from steps.require_listing(DIGESTS, see="LIST-DIGESTS")
    for like, texts in ((DIGESTS, ("True", "true")), (PLAIN, ("0", "False", "false"))):
        usual = yield from steps.require_listing(like, see="LIST-DIGESTS")
        for text in texts:
            yield from _require_same_digests(usual, text)
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
