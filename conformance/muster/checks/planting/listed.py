"""Rules on images that the suite put there itself, so that it knows what they are."""

from __future__ import annotations

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.sizes import SHARED_SIZE, number
from muster.model.image import Image, plain_id
from muster.model.oracle import NEVER
from muster.model.query import request
from muster.planting.fixtures import FIXTURES, Origin
from muster.register.verdict import Held


@check("PLANT-LISTED")
def every_planted_image_is_listed_once(context: Context) -> Steps[Held]:
    """Planted images that have a name, in the full listing."""
    everything = yield from steps.full()
    planted_steps.each_once(
        everything, [image for image in planted_steps.of(context, Origin.ARCHIVE) if image.tags]
    )
    return Held()


@check("PLANT-TAGS")
def planted_images_have_their_tags(context: Context) -> Steps[Held]:
    """`RepoTags` of planted images."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE)
    for planted, image in pairs:
        if sorted(image.tags) != sorted(planted.tags):
            raise planted_steps.differs(
                everything, planted, sorted(planted.tags), sorted(image.tags)
            )
    return Held()


@check("PLANT-LABELS")
def planted_images_have_their_labels(context: Context) -> Steps[Held]:
    """`Labels` of planted images."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE)
    for planted, image in pairs:
        wanted, shown = dict(planted.labels), dict(image.labels)
        if shown != wanted:
            # Of many labels those that are told which differ.
            keys = [key for key in {**wanted, **shown} if wanted.get(key) != shown.get(key)]
            raise planted_steps.differs(
                everything,
                planted,
                {key: wanted[key] for key in keys if key in wanted},
                {key: shown[key] for key in keys if key in shown},
            )
    return Held()


@check("PLANT-CREATED")
def planted_images_have_their_date(context: Context) -> Steps[Held]:
    """`Created` of planted images that have a date in their config."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE, Origin.PULLED)
    for planted, image in pairs:
        if planted.created is not None and image.created != planted.created:
            raise planted_steps.differs(everything, planted, planted.created, image.created)
    return Held()


@check("PLANT-SIZE")
def planted_images_take_what_their_files_take(context: Context) -> Steps[Held]:
    """`Size` and `VirtualSize` of planted images that have layers, and of their parents."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE)
    with_files = {fixture.key for fixture in FIXTURES if fixture.layers}
    sizes = {planted.id: _size(image) for planted, image in pairs}
    for planted, image in pairs:
        least = max(int(planted.key in with_files), sizes.get(planted.parent, 0))
        if _size(image) < least:
            raise planted_steps.differs(
                everything, planted, f"at least {least} bytes", _size(image)
            )
    return Held()


def _size(image: Image) -> int:
    return max(number(image, "Size") or 0, number(image, "VirtualSize") or 0)


@check("PLANT-SHARED-SIZE")
def a_shared_layer_counts(context: Context) -> Steps[Held]:
    """`SharedSize` of two planted images that have a layer in common."""
    sharing = [context.plant(key) for key in ("shared1", "shared2")]
    for planted in sharing:
        yield from planted_steps.as_listed(planted)
    everything = yield from steps.listed(request(SHARED_SIZE))
    for planted in sharing:
        for image in everything.images:
            if planted_steps.is_same(planted, image) and not (number(image, "SharedSize") or 0) > 0:
                raise planted_steps.differs(
                    everything, planted, "more than 0", image.raw.get("SharedSize")
                )
    return Held()


@check("PLANT-PARENT")
def planted_images_have_their_parent(context: Context) -> Steps[Held]:
    """`ParentId` of planted images."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE)
    ids = {planted.id: plain_id(image.id) for planted, image in pairs}
    for planted, image in pairs:
        wanted = ids.get(planted.parent, "")
        if planted.parent in ids and plain_id(image.parent) != wanted:
            raise planted_steps.differs(everything, planted, wanted, image.parent)
    return Held()


@check("PLANT-CREATED-NEVER")
def an_image_without_a_date_says_so(context: Context) -> Steps[Held]:
    """`Created` of a planted image that has no date in its config."""
    everything, pairs = yield from planted_steps.found(context, Origin.ARCHIVE)
    for planted, image in pairs:
        if planted.created is None and image.created not in NEVER:
            wanted = " or ".join(str(value) for value in NEVER)
            raise planted_steps.differs(everything, planted, wanted, image.created)
    return Held()
