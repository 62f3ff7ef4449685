"""Rules on planted images, whose content the suite knows."""

from __future__ import annotations

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.sizes import SHARED_SIZE, number
from muster.model.image import Image, plain_id
from muster.model.oracle import NEVER
from muster.model.query import request
from muster.planting.fixtures import FIXTURES, Origin
from muster.register.verdict import Passed


@check("PLANT-LISTED")
def every_planted_image_is_listed_once(context: Context) -> Steps[Passed]:
    """Planted images that have a name, in the full listing."""
    everything = yield from steps.full_listing()
    planted_steps.require_each_once(
        everything,
        [image for image in planted_steps.of_origin(context, Origin.ARCHIVE) if image.tags],
    )
    return Passed()


@check("PLANT-TAGS")
def planted_images_have_their_tags(context: Context) -> Steps[Passed]:
    """`RepoTags` of planted images."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    for planted, image in pairs:
        if sorted(image.tags) != sorted(planted.tags):
            raise planted_steps.not_as_planted(
                everything, planted, sorted(planted.tags), sorted(image.tags)
            )
    return Passed()


@check("PLANT-LABELS")
def planted_images_have_their_labels(context: Context) -> Steps[Passed]:
    """`Labels` of planted images."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    for planted, image in pairs:
        wanted, shown = dict(planted.labels), dict(image.labels)
        if shown != wanted:
            # Of many labels, show only those that differ.
            keys = [key for key in {**wanted, **shown} if wanted.get(key) != shown.get(key)]
            raise planted_steps.not_as_planted(
                everything,
                planted,
                {key: wanted[key] for key in keys if key in wanted},
                {key: shown[key] for key in keys if key in shown},
            )
    return Passed()


@check("PLANT-CREATED")
def planted_images_have_their_date(context: Context) -> Steps[Passed]:
    """`Created` of planted images that have a date in their config."""
    everything, pairs = yield from planted_steps.listed_images(
        context, Origin.ARCHIVE, Origin.PULLED
    )
    for planted, image in pairs:
        if planted.created is not None and image.created != planted.created:
            raise planted_steps.not_as_planted(everything, planted, planted.created, image.created)
    return Passed()


@check("PLANT-SIZE")
def planted_images_have_the_size_of_their_files(context: Context) -> Steps[Passed]:
    """`Size` and `VirtualSize` of planted images that have layers, and of their parents."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    with_files = {fixture.key for fixture in FIXTURES if fixture.layers}
    sizes = {planted.id: _size(image) for planted, image in pairs}
    for planted, image in pairs:
        least = max(int(planted.key in with_files), sizes.get(planted.parent, 0))
        if _size(image) < least:
            raise planted_steps.not_as_planted(
                everything, planted, f"at least {least} bytes", _size(image)
            )
    return Passed()


def _size(image: Image) -> int:
    return max(number(image, "Size") or 0, number(image, "VirtualSize") or 0)


@check("PLANT-SHARED-SIZE")
def a_shared_layer_counts(context: Context) -> Steps[Passed]:
    """`SharedSize` of two planted images that have a layer in common, and of one that has none."""
    sharing = [context.plant(key) for key in ("shared1", "shared2")]
    for planted in sharing:
        yield from planted_steps.listed_image(planted)
    everything = yield from steps.fetch_listing(request(SHARED_SIZE))
    for planted in sharing:
        for image in everything.images:
            if planted_steps.is_same(planted, image) and not (number(image, "SharedSize") or 0) > 0:
                raise planted_steps.not_as_planted(
                    everything, planted, "more than 0", image.raw.get("SharedSize")
                )
    alone = context.plant("tagged")
    for image in everything.images:
        if planted_steps.is_same(alone, image) and number(image, "SharedSize") != 0:
            raise planted_steps.not_as_planted(everything, alone, 0, image.raw.get("SharedSize"))
    return Passed()


@check("PLANT-PARENT")
def planted_images_have_their_parent(context: Context) -> Steps[Passed]:
    """`ParentId` of planted images."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    ids = {planted.id: plain_id(image.id) for planted, image in pairs}
    for planted, image in pairs:
        wanted = ids.get(planted.parent, "")
        if planted.parent in ids and plain_id(image.parent) != wanted:
            raise planted_steps.not_as_planted(everything, planted, wanted, image.parent)
    return Passed()


@check("PLANT-CREATED-NEVER")
def an_image_without_a_date_says_so(context: Context) -> Steps[Passed]:
    """`Created` of a planted image that has no date in its config."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.ARCHIVE)
    for planted, image in pairs:
        if planted.created is None and image.created not in NEVER:
            wanted = " or ".join(str(value) for value in NEVER)
            raise planted_steps.not_as_planted(everything, planted, wanted, image.created)
    return Passed()
