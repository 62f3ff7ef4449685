"""Rules on `digests`, which the seed shows in an example request only."""

from __future__ import annotations

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model.query import Query
from muster.register.verdict import Departure, Passed

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
def digests_shows_repo_digests(_: Context) -> Steps[Passed]:
    """The member `RepoDigests` of each image with `digests=1`."""
    yield from steps.default_listing()
    detailed = yield from steps.require_listing(DIGESTS, see="LIST-DIGESTS")
    for image in detailed.images:
        if image.digests is None:
            raise Departure(f"digests=1 shows no RepoDigests of {image}", [detailed.exchange])
    return Passed()
