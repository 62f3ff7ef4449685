"""Rules on images that the server pulled from the suite's registry, so that they have digests."""

from __future__ import annotations

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.model.image import Image
from muster.planting.fixtures import Origin, Planted
from muster.planting.plan import remove_request
from muster.register.verdict import Departure, Passed


@check("PLANT-PULLED")
def every_pulled_image_is_listed_once(context: Context) -> Steps[Passed]:
    """Images pulled by tag and by digest, one for several platforms, in the full listing."""
    everything = yield from steps.full_listing()
    planted_steps.require_each_once(everything, planted_steps.of_origin(context, Origin.PULLED))
    return Passed()


@check("PLANT-DIGESTS")
def pulled_images_have_their_digests(context: Context) -> Steps[Passed]:
    """`RepoDigests` of images that were pulled from one repository, by tag or by digest."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.PULLED)
    for planted, image in pairs:
        if len(planted.digests) == 1 and not _right(planted, image):
            raise planted_steps.not_as_planted(everything, planted, planted.digests, image.digests)
    return Passed()


@check("PLANT-DIGESTS-REPOSITORIES")
def digests_are_shown_of_every_repository(context: Context) -> Steps[Passed]:
    """`RepoDigests` of an image that was pulled from two repositories."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.PULLED)
    for planted, image in pairs:
        if len(planted.digests) > 1 and not _right(planted, image):
            raise planted_steps.not_as_planted(everything, planted, planted.digests, image.digests)
    return Passed()


@check("PLANT-DIGEST-ONLY")
def images_pulled_by_digest_have_no_tag(context: Context) -> Steps[Passed]:
    """`RepoTags` of an image that was pulled by its digest."""
    everything, pairs = yield from planted_steps.listed_images(context, Origin.PULLED)
    for planted, image in pairs:
        # LIST-SCHEMA reports digests among the RepoTags.
        tags = [tag for tag in image.tags if "@" not in tag]
        if not planted.tags and tags:
            raise planted_steps.not_as_planted(everything, planted, "no tag", tags)
    return Passed()


@check("PLANT-DIGEST-STAYS")
def an_untagged_image_keeps_its_digest(context: Context) -> Steps[Passed]:
    """Of two tags that an image was pulled by, one is removed."""
    image = context.plant("twice")
    before = yield from planted_steps.listed_image(image)
    kept, removed = image.tags
    yield from planted_steps.expect_change(remove_request(removed))
    everything = yield from steps.full_listing()
    planted_steps.require_holder(kept, before, everything)
    for listed in everything.images:
        if planted_steps.is_same(image, listed) and not _right(image, listed):
            raise Departure(
                f"{listed} lost a digest with one of its tags",
                [everything.exchange],
                [f"- {', '.join(image.digests)}", f"+ {', '.join(listed.digests or ())}"],
            )
    return Passed()


def _right(planted: Planted, image: Image) -> bool:
    """Whether the digests of *image* are those of *planted*; a platform's may be added."""
    shown = set(image.digests or ())
    return shown - {*planted.other_digests} == {*planted.digests}
