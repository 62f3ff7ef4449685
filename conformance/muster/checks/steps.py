"""Common first steps of checks: get listings, and compare filtered ones with the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from muster.checks.check import Batch, Context, Recall, Steps
from muster.model import diagnosis, difference
from muster.model.exchange import Exchange, Request, Response
from muster.model.image import Image, NotAListing, listing
from muster.model.manifest import shown_manifests
from muster.model.oracle import Expected, Oracle
from muster.model.query import ALL, PLAIN, Query, request
from muster.register.verdict import Departure, Inconclusive

ALL_MANIFESTS = request(("all", "1"), ("manifests", "1"))


@dataclass(frozen=True)
class Listing:
    """A listing and the exchange that returned it.

    Attributes:
        exchange: The request and its response.
        images: The images of the response, in its order.
    """

    exchange: Exchange
    images: tuple[Image, ...]

    @cached_property
    def oracle(self) -> Oracle:
        """The model's answers to queries, taking this as the full listing."""
        return Oracle(self.images)


def fetch(request: Request) -> Steps[tuple[Exchange, Response]]:
    """Send *request*.

    Raises:
        Departure: If there is no response.
    """
    exchange = yield request
    return exchange, _response(exchange)


def fetch_listing(request: Request) -> Steps[Listing]:
    """Send *request*, to which every correct server responds with a listing.

    Raises:
        Departure: If the response is anything else.
    """
    return as_listing((yield request))


def as_listing(exchange: Exchange) -> Listing:
    """Return the listing in *exchange*.

    Raises:
        Departure: If it is anything else.
    """
    response = _response(exchange)
    try:
        return Listing(exchange, listing(response))
    except NotAListing as error:
        raise Departure(f"a listing was expected, but {error}", [exchange]) from error


def _response(exchange: Exchange) -> Response:
    if exchange.response is None:
        raise Departure(f"no answer came: {exchange.error}", [exchange])
    return exchange.response


def require_listing(request: Request, *, see: str = "LIST-ANSWER") -> Steps[Listing]:
    """Get the listing that other rules are checked on.

    Raises:
        Inconclusive: If the response is not a listing. Only the requirement *see* reports that
            fault.
    """
    try:
        return (yield from fetch_listing(request))
    except Departure as error:
        asked = error.exchanges[0].request.target
        raise Inconclusive(f"GET {asked} gives no listing to start from (see {see})") from error


def recall_listing(request: Request) -> Steps[Listing]:
    """Return the listing for *request*, from an earlier response if there is one.

    Raises:
        Inconclusive: If the response is not a listing.
    """
    try:
        return as_listing((yield Recall(request)))
    except Departure as error:
        told = f"GET {request.target} gives no listing to start from (see LIST-ANSWER)"
        raise Inconclusive(told) from error


def default_listing(at_least: int = 1) -> Steps[Listing]:
    """Return the listing without parameters.

    Raises:
        Inconclusive: If it has fewer than *at_least* images.
    """
    found = yield from recall_listing(PLAIN)
    return require_images(found, at_least)


def full_listing(at_least: int = 1) -> Steps[Listing]:
    """Return the listing of all images (`all=1`), with the digests that `digests=1` adds.

    Raises:
        Inconclusive: If it has fewer than *at_least* images.
    """
    found = require_images((yield from recall_listing(ALL)), at_least)
    images = found.images
    if any(image.digests is None for image in images):
        images = yield from _with_digests(images)
    if any(image.is_manifest for image in images):
        # The listing alone does not tell images with one manifest from those with several.
        images = tuple(replace(image, manifests=None) for image in images)
    return Listing(found.exchange, images)


def _with_digests(images: tuple[Image, ...]) -> Steps[tuple[Image, ...]]:
    try:
        detailed = yield from recall_listing(Query(all=True, digests=True).request())
    except Inconclusive:
        return images
    digests = {image.id: image.digests for image in detailed.images}
    return tuple(replace(image, digests=digests.get(image.id, image.digests)) for image in images)


def with_manifests(everything: Listing) -> Steps[Listing]:
    """Return *everything* with the manifests of each image, if the server shows them.

    It sends a request only if the listing shows a `Descriptor`, which needs API 1.48 and a store
    with manifests.
    """
    if not any(isinstance(image.raw.get("Descriptor"), dict) for image in everything.images):
        return everything
    try:
        detailed = yield from recall_listing(ALL_MANIFESTS)
    except Inconclusive:
        return everything
    known = {image.id: _kinds(image) for image in detailed.images}
    images = (replace(image, manifests=known.get(image.id)) for image in everything.images)
    return Listing(everything.exchange, tuple(images))


def _kinds(image: Image) -> tuple[str, ...] | None:
    """Return the kinds of the manifests whose config may be there; None if the server hides them.

    What is not available may lack layers only.
    """
    manifests = shown_manifests(image.raw)
    if manifests is None:
        return None
    return tuple(each.kind for each in manifests if each.available or each.content)


def require_images(found: Listing, at_least: int) -> Listing:
    """Return *found*, or raise Inconclusive if it has fewer than *at_least* images."""
    if len(found.images) >= at_least:
        return found
    have = {0: "no image", 1: "one image only"}.get(
        len(found.images), f"{len(found.images)} images"
    )
    need = "an image" if at_least == 1 else f"{at_least} images"
    raise Inconclusive(f"the server holds {have}: add {need}")


def compare_with_oracle(
    context: Context, everything: Listing, queries: Sequence[Query], *, tags: bool = False
) -> Steps[int]:
    """Send each of *queries*, with `all=1` and without, and compare the answers with the model.

    The queries without `all` are sent only if the server's plain listing is correct: otherwise
    every rule would report the same fault again.

    Args:
        context: Provides the API version.
        everything: The full listing.
        queries: What to ask.
        tags: Compare the images' `RepoTags` too; otherwise only which images are listed.

    Returns:
        How many of the queries matched any image.

    Raises:
        Departure: At the first answer that no correct server gives.
    """
    usual = yield from recall_listing(PLAIN)
    (normal,) = everything.oracle.expected(Query(), context.version)
    modes = (True,) if difference.image_differences(normal, usual.images) else (True, False)
    asked = [replace(query, all=mode) for query in queries for mode in modes]
    exchanges = yield Batch(tuple(each.request() for each in asked))
    fruitful = 0
    for query, exchange in zip(asked, exchanges, strict=True):
        try:
            answer = compared(context, everything, query, as_listing(exchange), tags=tags)
        except Departure:
            # A fault counts only if it also shows outside a batch.
            alone = yield from fetch_listing(query.request())
            answer = compared(context, everything, query, alone, tags=tags)
        fruitful += bool(answer.images)
    return fruitful


def compared(
    context: Context, everything: Listing, query: Query, answer: Listing, *, tags: bool = False
) -> Listing:
    """Compare *answer*, the answer to *query*, with those of the model, and return it.

    Raises:
        Departure: If it matches none of them; with the smallest difference.
    """
    differ = difference.tag_differences if tags else difference.image_differences
    answers = everything.oracle.expected(query, context.version)
    lines = difference.smallest(answers, answer.images, differ)
    if lines:
        require_listed(everything, answer)
        what = difference.OTHER_TAGS if tags else difference.OTHER_IMAGES
        message = f"GET {answer.exchange.request.target} {what}"
        if not tags:
            message += _reading(context, everything, query, answer)
        raise Departure(message, [everything.exchange, answer.exchange], lines)
    return answer


def _reading(context: Context, everything: Listing, query: Query, answer: Listing) -> str:
    told = diagnosis.reading(everything.oracle, query, context.version, answer.images)
    return told and f": {told}"


def require_listed(everything: Listing, *answers: Listing) -> None:
    """Check that the full listing has every image of *answers*.

    Raises:
        Departure: If it does not, so that no rule on filters can be checked; `LIST-COMPLETE`
            reports it.
    """
    there = {image.id for image in everything.images}
    for answer in answers:
        for image in answer.images:
            if image.id not in there:
                asked = answer.exchange.request.target
                raise Departure(
                    f"the full listing leaves out {image}, which GET {asked} lists",
                    [everything.exchange, answer.exchange],
                    see="LIST-COMPLETE",
                )


def require_same_images(one: Listing, other: Listing, message: str) -> None:
    """Check that two listings show the same images with the same fields, both newest first.

    It ignores `RepoDigests`, which depend on `digests`, and the order if that of *one* is wrong.

    Raises:
        Departure: With *message*, if they differ.
    """
    lines = difference.image_differences(Expected(one.images), other.images)
    lines += difference.field_differences(one.images, other.images)
    lines += difference.order_differences(one.images, other.images)
    if lines:
        raise Departure(message, [one.exchange, other.exchange], difference.truncate(lines))
