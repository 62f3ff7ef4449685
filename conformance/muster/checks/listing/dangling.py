"""Rules on `filters={"dangling": ...}`."""

from __future__ import annotations

from collections.abc import Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model import difference
from muster.model.image import Image
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

OTHERWISE = {
    "true": (["1"], ["true", "true"], ["true", "false"], ["false", "true"]),
    "false": (["0"], ["false", "false"]),
}
"""Values that mean the same to servers that do not refuse them.

Source: moby v24.0 api/types/filters/parse.go (GetBoolOrDefault), which refuses both words together;
up to v23.0 only the words count, and true wins: daemon/images/images.go (Images).
"""


def _dangling(*values: str) -> Query:
    return Query(filters={"dangling": list(values)})


def _means_the_same(value: str) -> Steps[None]:
    usual = yield from steps.require_listing(_dangling(value).request())
    for values in OTHERWISE[value]:
        exchange, response = yield from steps.fetch(_dangling(*values).request())
        if not response.is_error:
            message = f"{exchange.request.target} is not refused, and lists other images"
            steps.require_same_images(
                usual, steps.as_listing(exchange), f"{message} than dangling={value}"
            )


@check("LIST-DANGLING-SPLIT")
def true_and_false_split_the_listing(_: Context) -> Steps[Passed]:
    """Both answers together are the plain listing; no image is in both."""
    usual = yield from steps.default_listing()
    yes = yield from steps.fetch_listing(_dangling("true").request())
    no = yield from steps.fetch_listing(_dangling("false").request())
    together = {image.id: image for image in (*yes.images, *no.images)}
    lines = difference.image_differences(Expected(usual.images), list(together.values()))
    # Engines and versions differ on whether an image named by a digest only is dangling.
    lines += [f"+ in both: {image}" for image in yes.images if image.tags and _in(image, no.images)]
    lines += [
        f"+ in both: {image}"
        for image in yes.images
        if not image.references and _in(image, no.images)
    ]
    if lines:
        steps.require_listed((yield from steps.full_listing()), yes, no)
        raise Departure(
            "dangling=true and dangling=false do not split the plain listing",
            [yes.exchange, no.exchange],
            difference.truncate(lines),
        )
    if not yes.images or not no.images:
        lacking = "dangling: untag an image that has no children" if not yes.images else "tagged"
        raise Inconclusive(f"no image is {lacking}")
    return Passed()


def _in(image: Image, images: Sequence[Image]) -> bool:
    return any(image.id == other.id for other in images)


@check("LIST-DANGLING-TRUE")
def true_lists_untagged_leaves(context: Context) -> Steps[Passed]:
    """`dangling=true` against the model, with `all=1` and without; `1`, and `true` twice."""
    everything = yield from steps.full_listing()
    found = yield from steps.compare_with_oracle(context, everything, [_dangling("true")])
    yield from _means_the_same("true")
    if not found:
        raise Inconclusive("no image is dangling: untag an image that has no children")
    return Passed()


@check("LIST-DANGLING-FALSE")
def false_lists_named_images(context: Context) -> Steps[Passed]:
    """`dangling=false` against the model, with `all=1` and without; `0`, and `false` twice."""
    everything = yield from steps.full_listing()
    yield from steps.compare_with_oracle(context, everything, [_dangling("false")])
    yield from _means_the_same("false")
    if all(image.references for image in everything.images):
        raise Inconclusive("every image has a name: untag one")
    return Passed()


@check("LIST-DIGEST-ONLY")
def observe_digest_only_images(_: Context) -> Steps[Passed]:
    """In which of the two answers an image with a digest but no tag is."""
    everything = yield from steps.full_listing()
    only = [image for image in everything.images if image.references and not image.tags]
    if not only:
        raise Inconclusive("no image has a digest but no tag: pull one by its digest")
    found = []
    shown = []
    for value in ("true", "false"):
        answer = yield from steps.fetch_listing(_dangling(value).request())
        shown.append(answer.exchange)
        if _in(only[0], answer.images):
            found.append(f"dangling={value}")
    return Passed(
        "an image with a digest but no tag is listed by " + (" and ".join(found) or "neither"),
        tuple(shown),
    )
