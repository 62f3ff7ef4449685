"""Rules on images that the suite put there itself, so that it knows what they are."""

from __future__ import annotations

from muster import evidence
from muster.check import Context, Steps, check
from muster.exchange import Exchange, Request
from muster.fixtures import Planted
from muster.image import Image, shorten
from muster.model import NEVER
from muster.planting import remove_request, tag_request
from muster.query import Query
from muster.reference import repository
from muster.verdict import Departure, Held, NoEvidence

Pairs = list[tuple[Planted, Image]]


def _found(context: Context) -> Steps[tuple[evidence.Listing, Pairs]]:
    """The full listing, and the planted images that are in it."""
    everything = yield from evidence.full()
    pairs = [
        (planted, image)
        for planted in context.planted
        for image in everything.images
        if _is(planted, image)
    ]
    if not pairs:
        raise NoEvidence("no planted image is listed (see PLANT-LISTED)")
    return everything, pairs


def _is(planted: Planted, image: Image) -> bool:
    """Whether *image* is *planted*: by Id, or by name where Ids are not those of configs."""
    return image.id == planted.id or any(tag in planted.tags for tag in image.tags)


@check("PLANT-LISTED")
def every_planted_image_is_listed_once(context: Context) -> Steps[Held]:
    """Planted images that have a name, in the full listing."""
    everything = yield from evidence.full()
    for planted in context.planted:
        count = sum(_is(planted, image) for image in everything.images)
        if count != 1 and planted.tags:
            raise Departure(
                f"{planted.tags[0]} is listed {count} times",
                [everything.exchange],
                [f"- {planted.id} {', '.join(planted.tags)}", f"+ {count} such images"],
            )
    return Held()


@check("PLANT-TAGS")
def planted_images_have_their_tags(context: Context) -> Steps[Held]:
    """`RepoTags` of planted images."""
    everything, pairs = yield from _found(context)
    for planted, image in pairs:
        if sorted(image.tags) != sorted(planted.tags):
            raise _differs(everything, planted, sorted(planted.tags), sorted(image.tags))
    return Held()


@check("PLANT-LABELS")
def planted_images_have_their_labels(context: Context) -> Steps[Held]:
    """`Labels` of planted images."""
    everything, pairs = yield from _found(context)
    for planted, image in pairs:
        if dict(image.labels) != dict(planted.labels):
            raise _differs(everything, planted, dict(planted.labels), dict(image.labels))
    return Held()


@check("PLANT-CREATED")
def planted_images_have_their_date(context: Context) -> Steps[Held]:
    """`Created` of planted images that have a date in their config."""
    everything, pairs = yield from _found(context)
    for planted, image in pairs:
        if planted.created is not None and image.created != planted.created:
            raise _differs(everything, planted, planted.created, image.created)
    return Held()


@check("PLANT-CREATED-NEVER")
def an_image_without_a_date_says_so(context: Context) -> Steps[Held]:
    """`Created` of a planted image that has no date in its config."""
    everything, pairs = yield from _found(context)
    for planted, image in pairs:
        if planted.created is None and image.created not in NEVER:
            wanted = " or ".join(str(value) for value in NEVER)
            raise _differs(everything, planted, wanted, image.created)
    return Held()


def _differs(
    everything: evidence.Listing, planted: Planted, wanted: object, shown: object
) -> Departure:
    return Departure(
        f"the planted image {planted.key} is not shown as it is",
        [everything.exchange],
        [f"- {shorten(str(wanted), 180)}", f"+ {shorten(str(shown), 180)}"],
    )


@check("PLANT-TAG")
def a_new_tag_shows_at_once(context: Context) -> Steps[Held]:
    """A planted image is tagged once more, and the tag taken away again."""
    image = context.plant("x")
    name = f"{repository(image.tags[0])}:again"
    yield from _done(tag_request(image.tags[0], name))
    yield from _names(name, image)
    yield from _done(remove_request(name))
    yield from _names(name, None)
    return Held()


@check("PLANT-TAG-MOVES")
def a_tag_moves_to_another_image(context: Context) -> Steps[Held]:
    """A tag is given to one planted image and then to another."""
    one, other = context.plant("x"), context.plant("json")
    name = f"{repository(one.tags[0])}:moving"
    yield from _done(tag_request(one.tags[0], name))
    yield from _done(tag_request(other.tags[0], name))
    yield from _names(name, other)
    yield from _done(remove_request(name))
    return Held()


@check("PLANT-REMOVE")
def a_removed_image_is_gone_at_once(context: Context) -> Steps[Held]:
    """The only tag of a planted image is removed, and the image with it."""
    image = context.plant("shared2")
    yield from _done(remove_request(image.tags[0]))
    everything = yield from evidence.listed(evidence.ALL)
    for listed in everything.images:
        if _is(image, listed):
            raise Departure(
                f"{listed} is listed after it was removed",
                [everything.exchange],
                ["- not listed", f"+ {listed}"],
            )
    return Held()


def _done(request: Request) -> Steps[None]:
    """Change something; if the server will not, there is nothing to see of it."""
    exchange: Exchange = yield request
    if exchange.response is None or exchange.response.is_error:
        told = exchange.response.text if exchange.response else exchange.trouble
        raise NoEvidence(f"{request.method} {request.target} was refused: {shorten(told)}")


def _names(name: str, image: Planted | None) -> Steps[None]:
    """See that *name* stands at *image* in the very next listing, or at none."""
    found = yield from evidence.listed(Query(all=True).request())
    holders = [each for each in found.images if name in each.tags]
    correct = len(holders) == 1 and _is(image, holders[0]) if image else not holders
    if not correct:
        wanted = image.tags[0] if image else "no image"
        shown = ", ".join(str(each) for each in holders) or "no image"
        raise Departure(
            f"{name} stands at other images than it was given to",
            [found.exchange],
            [f"- {name} at {wanted}", f"+ {name} at {shown}"],
        )
