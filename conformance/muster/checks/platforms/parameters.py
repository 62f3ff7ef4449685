"""Rules on the parameters `manifests` and `shared-size`: spellings, and filters beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from muster.checks import steps
from muster.checks.check import Batch, Context, Steps, check
from muster.checks.listing.all_images import DOCUMENTED, OTHER
from muster.checks.listing.sizes import number
from muster.checks.platforms.shown import images_with_manifests, manifest_differences
from muster.checks.steps import Listing
from muster.model.image import Image
from muster.model.manifest import shown_manifests
from muster.model.query import PLAIN, filters_json, request
from muster.register.verdict import Departure, Inconclusive, Passed

Shown = Mapping[str, object]
"""What a listing shows of each image that a parameter changes, by Id."""


@check("LIST-MANIFESTS-FILTERED")
def filters_change_no_manifests(context: Context) -> Steps[Passed]:
    """`Manifests` with `manifests=1` and filters, beside the full listing with `manifests=1`."""
    everything, images = yield from images_with_manifests()
    known = {each.image.id: each for each in images}
    tags = [tag for each in images if each.manifests for tag in each.image.tags[:1]]
    asked = [{"dangling": ["false"]}]
    asked += [{"reference": [tag]} for tag in context.some(tags, at_most=5)]
    compared = 0
    for filters in asked:
        query = request(("all", "1"), ("manifests", "1"), ("filters", filters_json(filters)))
        found = yield from steps.require_listing(query)
        for image in found.images:
            parts = known.get(image.id)
            if parts is None:
                continue
            compared += bool(parts.manifests)
            lines = manifest_differences(parts.manifests, shown_manifests(image.raw) or ())
            if lines:
                message = f"a filter changes the Manifests of {image}"
                raise Departure(message, [everything.exchange, found.exchange], lines)
    if not compared:
        raise Inconclusive("no image with Manifests meets a filter: tag one")
    return Passed()


@check("LIST-MANIFESTS-SPELLINGS")
def manifests_is_spelled_like_all(context: Context) -> Steps[Passed]:
    """Every spelling of `all` as the value of `manifests`."""
    yield from images_with_manifests()
    return (yield from _spelled(context, "manifests", lambda image: image.raw.get("Manifests")))


@check("LIST-SHARED-SIZE-SPELLINGS")
def shared_size_is_spelled_like_all(context: Context) -> Steps[Passed]:
    """Every spelling of `all` as the value of `shared-size`."""
    return (yield from _spelled(context, "shared-size", lambda image: number(image, "SharedSize")))


def _spelled(context: Context, name: str, shown: Callable[[Image], Any]) -> Steps[Passed]:
    """Compare *shown* of every image for each spelling with that for none, and for `1`."""

    def of(found: Listing) -> Shown:
        return {image.id: shown(image) for image in found.images}

    unasked = yield from steps.require_listing(PLAIN)
    asked = yield from steps.require_listing(request((name, "1")))
    if of(unasked) == of(asked):
        raise Inconclusive(f"{name}=1 changes nothing, so that no spelling can be told apart")
    documented = {text for texts in DOCUMENTED.values() for text in texts}
    texts = {
        text: value
        for spellings in (DOCUMENTED, OTHER)
        for value, several in spellings.items()
        for text in several
    }
    chosen = context.some(texts, odd=documented.__contains__)
    exchanges = yield Batch(tuple(request((name, text)) for text in chosen))
    for text, exchange in zip(chosen, exchanges, strict=True):
        like = asked if texts[text] else unasked
        if of(steps.as_listing(exchange)) == of(like):
            continue
        # A fault counts only if it also shows outside a batch.
        found = yield from steps.fetch_listing(request((name, text)))
        if of(found) != of(like):
            raise Departure(
                f"{name}={text!r} must mean {str(texts[text]).lower()}",
                [like.exchange, found.exchange],
                [f"- as with {name}=1" if texts[text] else f"- as without {name}", "+ otherwise"],
            )
    return Passed()
