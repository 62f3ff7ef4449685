"""Rules on `all`: what it adds, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model import difference
from muster.model.image import plain_id
from muster.model.oracle import Expected, expected, intermediate
from muster.model.query import ALL, PLAIN, Query, request
from muster.register.verdict import Departure, Inconclusive, Passed

Spellings = Mapping[bool, tuple[str, ...]]

DOCUMENTED: Spellings = {True: ("1", "True", "true"), False: ("0", "False", "false")}
"""The spellings of the seed."""

OTHER: Spellings = {
    True: ("yes", "on", "off", "2", "00", "t", "f", "null", "TRUE"),
    False: ("", "no", "none", "FALSE", " 0 "),
}
"""Further spellings that the daemons accept."""


@check("LIST-ALL-ADDS")
def all_only_adds_images(_: Context) -> Steps[Passed]:
    """The plain listing is part of the full one, field by field."""
    usual = yield from steps.default_listing()
    everything = yield from steps.require_listing(ALL)
    there = {image.id for image in everything.images}
    lines = [f"- missing with all=1: {image}" for image in usual.images if image.id not in there]
    lines += difference.field_differences(usual.images, everything.images)
    if lines:
        raise Departure(
            "all=1 leaves out or changes images of the plain listing",
            [usual.exchange, everything.exchange],
            difference.truncate(lines),
        )
    return Passed()


@check("LIST-ALL-INTERMEDIATE")
def all_adds_intermediate_images_only(context: Context) -> Steps[Passed]:
    """The plain listing is the full one without untagged images that have children."""
    everything = yield from steps.full_listing()
    usual = yield from steps.require_listing(PLAIN)
    (normal,) = expected(everything.images, Query(), context.version)
    lines = difference.image_differences(normal, usual.images)
    if lines:
        steps.require_listed(everything, usual)
        raise Departure(
            "the plain listing is not the full one without its intermediate images",
            [everything.exchange, usual.exchange],
            difference.truncate(lines),
        )
    if not intermediate(everything.images):
        raise Inconclusive("no intermediate image: build one of two steps with the classic builder")
    return Passed()


@check("LIST-PARENT")
def parents_are_listed(_: Context) -> Steps[Passed]:
    """`ParentId` of images of the full listing."""
    everything = yield from steps.full_listing()
    ids = {plain_id(image.id) for image in everything.images}
    for image in everything.images:
        parent = plain_id(image.parent)
        if parent and not any(identifier.startswith(parent) for identifier in ids):
            raise Departure(
                f"the parent of {image} is not listed with all=1",
                [everything.exchange],
                [f"- an image with the Id {image.parent}", "+ none"],
            )
    return Passed()


@check("LIST-ALL-SPELLINGS")
def documented_spellings(_: Context) -> Steps[Passed]:
    """1/True/true and 0/False/false."""
    return (yield from _spelled(DOCUMENTED))


@check("LIST-ALL-TRUTHINESS")
def any_other_text_is_true(_: Context) -> Steps[Passed]:
    """Spellings that are not documented."""
    return (yield from _spelled(OTHER))


def _spelled(spellings: Spellings) -> Steps[Passed]:
    usual = yield from steps.default_listing()
    everything = yield from steps.require_listing(ALL)
    for value, texts in spellings.items():
        like = everything if value else usual
        for text in texts:
            asked = request(("all", text))
            found = yield from steps.fetch_listing(asked)
            lines = difference.image_differences(Expected(like.images), found.images)
            if lines:
                raise Departure(
                    f"all={text!r} must mean {str(value).lower()}",
                    [like.exchange, found.exchange],
                    difference.truncate(lines),
                )
    if len(usual.images) == len(everything.images):
        raise Inconclusive(
            "all=1 shows no image that the plain listing hides: build an intermediate image"
        )
    return Passed()
