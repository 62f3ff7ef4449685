"""Rules that compare a listing with what other endpoints say about the same images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.sizes import number
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request
from muster.model.image import PLACEHOLDERS, Image, plain_id, strings
from muster.model.oracle import NEVER
from muster.model.query import ALL, PLAIN, inspect_request
from muster.model.reference import repository
from muster.planting.docker_archive import seconds
from muster.planting.fixtures import Origin, Planted
from muster.register.verdict import Departure, Inconclusive, Passed

OK = 200
NO_INSPECT = "no image can be inspected: the server does not answer GET /images/NAME/json"


@check("LIST-REFERENCES-RESOLVE")
def names_refer_to_their_image(context: Context) -> Steps[Passed]:
    """`GET /images/NAME/json` of Ids, tags and digests in the full listing."""
    everything = yield from steps.full_listing()
    names = [(name, image) for image in everything.images for name in (image.id, *image.references)]
    wrong: list[tuple[str, Image, Exchange]] = []
    there = False
    for name, image in context.some(names):
        exchange = yield inspect_request(name)
        shown = inspected(exchange)
        there = there or shown is not None
        if shown is None or plain_id(str(shown.get("Id"))) != plain_id(image.id):
            wrong.append((name, image, exchange))
    if not there:
        raise Inconclusive(NO_INSPECT)
    for name, image, exchange in wrong:
        raise _refers_elsewhere(everything, name, image, exchange)
    return Passed()


def inspected(exchange: Exchange) -> Mapping[str, Any] | None:
    """Return the image that *exchange* shows; None if it shows none."""
    response = exchange.response
    if response is None or response.status != OK:
        return None
    try:
        value = response.json()
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _refers_elsewhere(
    everything: Listing, name: str, image: Image, exchange: Exchange
) -> Departure:
    response = exchange.response
    status = f"status {response.status}" if response else exchange.error
    shown = (inspected(exchange) or {}).get("Id", status)
    return Departure(
        f"{name} is listed, but does not refer to its image",
        [everything.exchange, exchange],
        [f"- {image.id}", f"+ {shown}"],
    )


@check("LIST-INSPECT-SAME")
def inspecting_shows_the_same(context: Context) -> Steps[Passed]:
    """Members of images of the full listing, beside `GET /images/ID/json`."""
    everything = yield from steps.full_listing()
    there = False
    for image in context.some(everything.images, at_most=12):
        exchange = yield inspect_request(image.id)
        shown = inspected(exchange)
        if shown is None:
            continue
        there = True
        lines = _differences(image, shown)
        if lines:
            raise Departure(
                f"{image} looks another way when it is inspected",
                [everything.exchange, exchange],
                lines,
            )
    if not there:
        raise Inconclusive(NO_INSPECT)
    return Passed()


def _differences(image: Image, shown: Mapping[str, Any]) -> list[str]:
    """Return the members of *image* whose values in *shown* differ."""
    tags = [tag for tag in strings(shown.get("RepoTags")) if tag not in PLACEHOLDERS]
    config = shown.get("Config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    pairs: list[tuple[str, object, object]] = [
        ("RepoTags", _tags_alone(image.tags), _tags_alone(tags)),
        ("Labels", dict(image.labels), labels or {}),
    ]
    # A listing adds up the sizes of all manifests; inspect shows that of one.
    if isinstance(shown.get("Size"), int) and image.manifests is not None:
        pairs.append(("Size", number(image, "Size"), shown["Size"]))
    if isinstance(shown.get("Parent"), str):
        pairs.append(("ParentId", plain_id(image.parent), plain_id(shown["Parent"])))
    if isinstance(shown.get("Created"), str) and image.created not in {None, *NEVER}:
        pairs.append(("Created", image.created, unix_time(shown["Created"])))
    return [
        line
        for name, listed, inspected in pairs
        if listed != inspected
        for line in (f"- {name}: {listed}", f"+ {name}: {inspected}")
    ]


def _tags_alone(names: Iterable[str]) -> list[str]:
    """Return *names* without digests: LIST-SCHEMA reports digests among tags."""
    return sorted(name for name in names if "@" not in name)


def unix_time(text: str) -> int | str:
    """Return the unix time of *text* (RFC 3339), in whole seconds; *text* itself if it is none."""
    try:
        return seconds(text)
    except ValueError:
        return text


@check("LIST-INFO-COUNT")
def info_counts_the_same(_: Context) -> Steps[Passed]:
    """`Images` of `GET /info` beside the full listing."""
    everything = yield from steps.full_listing()
    exchange = yield Request("/info")
    count = (inspected(exchange) or {}).get("Images")
    if not isinstance(count, int):
        raise Inconclusive("the server does not say how many images it holds: GET /info")
    if count != len(everything.images):
        raise Departure(
            f"GET /info counts {count} images, the full listing has {len(everything.images)}",
            [everything.exchange, exchange],
            [f"- Images: {len(everything.images)}", f"+ Images: {count}"],
        )
    return Passed()


@check("PLANT-LISTED-UNTAGGED")
def untagged_planted_images_are_listed(context: Context) -> Steps[Passed]:
    """Planted images without names that can be inspected, in the full listing."""
    there: list[Planted] = []
    for planted in [
        each for each in planted_steps.of_origin(context, Origin.ARCHIVE) if not each.tags
    ]:
        exchange = yield inspect_request(planted.id)
        if inspected(exchange) is not None:
            there.append(planted)
    if not there:
        raise Inconclusive("no planted image without a name can be inspected (see PLANT-LISTED)")
    planted_steps.require_each_once((yield from steps.full_listing()), there)
    return Passed()


@check("PLANT-NAMED-JSON")
def an_image_named_json_can_be_inspected(context: Context) -> Steps[Passed]:
    """`GET /images/.../json/json`, and the plain listing."""
    image, other = context.plant("json"), context.plant("tagged")
    listed = yield from planted_steps.listed_image(image)
    if inspected((yield inspect_request(other.tags[0]))) is None:
        raise Inconclusive(NO_INSPECT)
    name = repository(image.tags[0])
    exchange = yield inspect_request(name)
    shown = (inspected(exchange) or {}).get("Id")
    if shown is None or plain_id(str(shown)) != plain_id(listed.id):
        everything = yield from steps.fetch_listing(ALL)
        raise _refers_elsewhere(everything, name, listed, exchange)
    planted_steps.require_each_once((yield from steps.fetch_listing(PLAIN)), [image])
    return Passed()
