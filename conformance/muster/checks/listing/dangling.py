"""Rules on `filters={"dangling": ...}`."""

from __future__ import annotations

from collections.abc import Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model import difference
from muster.model.image import Image
from muster.model.oracle import Expected
from muster.model.query import Query
from muster.register.verdict import Departure, Held, NoEvidence


def _dangling(value: str) -> Query:
    return Query(filters={"dangling": [value]})


@check("LIST-DANGLING-SPLIT")
def true_and_false_split_the_listing(_: Context) -> Steps[Held]:
    """Both answers together are the plain listing; no image is in both."""
    usual = yield from steps.plain()
    yes = yield from steps.listed(_dangling("true").request())
    no = yield from steps.listed(_dangling("false").request())
    together = {image.id: image for image in (*yes.images, *no.images)}
    lines = difference.of_images(Expected(usual.images), list(together.values()))
    # An image named by a digest only is dangling, or not, or both, by engine and version.
    lines += [f"+ in both: {image}" for image in yes.images if image.tags and _in(image, no.images)]
    lines += [
        f"+ in both: {image}"
        for image in yes.images
        if not image.references and _in(image, no.images)
    ]
    if lines:
        raise Departure(
            "dangling=true and dangling=false do not split the plain listing",
            [yes.exchange, no.exchange],
            difference.cut(lines),
        )
    if not yes.images or not no.images:
        lacking = "dangling: untag an image that has no children" if not yes.images else "tagged"
        raise NoEvidence(f"no image is {lacking}")
    return Held()


def _in(image: Image, images: Sequence[Image]) -> bool:
    return any(image.id == other.id for other in images)


@check("LIST-DANGLING-TRUE")
def true_lists_untagged_leaves(context: Context) -> Steps[Held]:
    """`dangling=true` against the model, with `all=1` and without."""
    everything = yield from steps.full()
    if not (yield from steps.tried(context, everything, [_dangling("true")])):
        raise NoEvidence("no image is dangling: untag an image that has no children")
    return Held()


@check("LIST-DANGLING-FALSE")
def false_lists_named_images(context: Context) -> Steps[Held]:
    """`dangling=false` against the model, with `all=1` and without."""
    everything = yield from steps.full()
    yield from steps.tried(context, everything, [_dangling("false")])
    if all(image.references for image in everything.images):
        raise NoEvidence("every image has a name: untag one")
    return Held()


@check("LIST-DIGEST-ONLY")
def where_digest_only_images_are(_: Context) -> Steps[Held]:
    """In which of the two answers an image with a digest but no tag is."""
    everything = yield from steps.full()
    only = [image for image in everything.images if image.references and not image.tags]
    if not only:
        raise NoEvidence("no image has a digest but no tag: pull one by its digest")
    found = []
    shown = []
    for value in ("true", "false"):
        answer = yield from steps.listed(_dangling(value).request())
        shown.append(answer.exchange)
        if _in(only[0], answer.images):
            found.append(f"dangling={value}")
    return Held(
        "an image with a digest but no tag is listed by " + (" and ".join(found) or "neither"),
        tuple(shown),
    )
