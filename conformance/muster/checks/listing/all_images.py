"""Rules on `all`: what it adds, and how it is spelled."""

from __future__ import annotations

from collections.abc import Mapping

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model import difference
from muster.model.image import plain_id
from muster.model.oracle import Expected, expected, intermediate
from muster.model.query import Query, request
from muster.register.verdict import Departure, Held, NoEvidence

Spellings = Mapping[bool, tuple[str, ...]]

DOCUMENTED: Spellings = {True: ("1", "True", "true"), False: ("0", "False", "false")}
"""The spellings of the seed."""

OTHER: Spellings = {
    True: ("yes", "on", "off", "2", "00", "t", "f", "null", "TRUE"),
    False: ("", "no", "none", "FALSE", " 0 "),
}
"""Spellings that the daemons take besides."""


@check("LIST-ALL-ADDS")
def all_only_adds_images(_: Context) -> Steps[Held]:
    """The plain listing is part of the full one, field by field."""
    usual = yield from steps.plain()
    everything = yield from steps.basis(steps.ALL)
    there = {image.id for image in everything.images}
    lines = [f"- missing with all=1: {image}" for image in usual.images if image.id not in there]
    lines += difference.of_fields(usual.images, everything.images)
    if lines:
        raise Departure(
            "all=1 leaves out or changes images of the plain listing",
            [usual.exchange, everything.exchange],
            difference.cut(lines),
        )
    return Held()


@check("LIST-ALL-INTERMEDIATE")
def all_adds_intermediate_images_only(context: Context) -> Steps[Held]:
    """The plain listing is the full one without untagged images that have children."""
    everything = yield from steps.full()
    usual = yield from steps.basis(steps.PLAIN)
    (normal,) = expected(everything.images, Query(), context.version)
    lines = difference.of_images(normal, usual.images)
    if lines:
        raise Departure(
            "the plain listing is not the full one without its intermediate images",
            [everything.exchange, usual.exchange],
            difference.cut(lines),
        )
    if not intermediate(everything.images):
        raise NoEvidence("no intermediate image: build one of two steps with the classic builder")
    return Held()


@check("LIST-PARENT")
def parents_are_listed(_: Context) -> Steps[Held]:
    """`ParentId` of images of the full listing."""
    everything = yield from steps.full()
    ids = {plain_id(image.id) for image in everything.images}
    for image in everything.images:
        parent = plain_id(image.parent)
        if parent and not any(identifier.startswith(parent) for identifier in ids):
            raise Departure(
                f"the parent of {image} is not listed with all=1",
                [everything.exchange],
                [f"- an image with the Id {image.parent}", "+ none"],
            )
    return Held()


@check("LIST-ALL-SPELLINGS")
def documented_spellings(_: Context) -> Steps[Held]:
    """1/True/true and 0/False/false."""
    return (yield from _spelled(DOCUMENTED))


@check("LIST-ALL-TRUTHINESS")
def any_other_text_is_true(_: Context) -> Steps[Held]:
    """Spellings that are not documented."""
    return (yield from _spelled(OTHER))


def _spelled(spellings: Spellings) -> Steps[Held]:
    usual = yield from steps.plain()
    everything = yield from steps.basis(steps.ALL)
    for value, texts in spellings.items():
        like = everything if value else usual
        for text in texts:
            asked = request(("all", text))
            found = yield from steps.listed(asked)
            lines = difference.of_images(Expected(like.images), found.images)
            if lines:
                raise Departure(
                    f"all={text!r} must mean {str(value).lower()}",
                    [like.exchange, found.exchange],
                    difference.cut(lines),
                )
    if len(usual.images) == len(everything.images):
        raise NoEvidence(
            "all=1 shows no image that the plain listing hides: build an intermediate image"
        )
    return Held()
