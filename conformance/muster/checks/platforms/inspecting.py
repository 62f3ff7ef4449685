"""Rules that compare the manifests of an image with its inspect response."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.other_endpoints import NO_INSPECT, inspected
from muster.checks.platforms.shown import Parts, images_with_manifests, manifest_differences
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, shorten
from muster.model.manifest import Platform, platform_text, shown_manifests
from muster.model.query import inspect_request
from muster.register.verdict import Departure, Inconclusive, Passed

AT_MOST = 8
"""Images to inspect, each several times."""

ABSENT_PLATFORM = {"architecture": "muster", "os": "muster"}

OF_A_VARIANT = ("Os", "Architecture", "Variant", "Created", "Config", "RootFS")
"""Members of an inspected image that its config determines."""


def variant_request(name: str, platform: Platform) -> Request:
    """Return the request that inspects the variant of the image *name* for *platform*."""
    asked = inspect_request(name)
    return Request(f"{asked.target}?platform={quote(platform_text(platform), safe='')}")


@check("LIST-INSPECT-MANIFESTS")
def inspecting_shows_the_same_manifests(context: Context) -> Steps[Passed]:
    """`Manifests` of `GET /images/ID/json?manifests=1`, beside those of the full listing."""
    found, images = yield from images_with_manifests()
    there = False
    for parts in context.some(images, at_most=AT_MOST):
        asked = inspect_request(parts.image.id)
        exchange = yield Request(f"{asked.target}?manifests=1")
        shown = inspected(exchange)
        if shown is None:
            continue
        there = True
        lines = manifest_differences(parts.manifests, shown_manifests(shown) or ())
        if lines:
            message = f"{parts.image} has other Manifests when it is inspected"
            raise Departure(message, [found.exchange, exchange], lines)
    if not there:
        raise Inconclusive(NO_INSPECT)
    return Passed()


@check("LIST-INSPECT-VARIANT")
def inspecting_shows_one_variant(context: Context) -> Steps[Passed]:
    """`GET /images/ID/json` beside the same with `platform`, for every variant of the image."""
    _, images = yield from images_with_manifests()
    tried = False
    for parts in context.some(images, odd=_is_odd, at_most=AT_MOST):
        exchange = yield inspect_request(parts.image.id)
        of_variants: list[Exchange] = []
        for variant in [each for each in parts.manifests if each.is_variant]:
            answer = yield variant_request(parts.image.id, variant.platform)
            of_variants.append(answer)
        plain, shown = inspected(exchange), [inspected(each) for each in of_variants]
        known = [_of_config(each) for each in shown if each is not None]
        if plain is None or not known:
            continue
        # An incomplete variant may be shown if no platform is requested.
        if plain.get("Architecture") and len(known) < len(shown):
            continue
        tried = True
        if _of_config(plain) not in known:
            raise Departure(
                f"{parts.image} matches none of its variants when inspected",
                [exchange, *of_variants[:1]],
                [f"- {_words(each)}" for each in known] + [f"+ {_words(_of_config(plain))}"],
            )
    if not tried:
        raise Inconclusive("no image can be inspected for each platform that it has")
    return Passed()


def _has_several(parts: Parts) -> bool:
    return sum(each.is_variant for each in parts.manifests) > 1


def _is_odd(parts: Parts) -> bool:
    return _has_several(parts) or any(each.platform.get("variant") for each in parts.manifests)


def _of_config(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: shown.get(name) or None for name in OF_A_VARIANT}


def _words(shown: Mapping[str, Any]) -> str:
    return shorten(", ".join(f"{name}: {shown[name]}" for name in OF_A_VARIANT), 180)


@check("LIST-INSPECT-PLATFORM")
def inspecting_shows_the_requested_variant(context: Context) -> Steps[Passed]:
    """`GET /images/ID/json` with `platform`: those that the image has, and one that it has not."""
    found = yield from steps.recall_listing(steps.ALL_MANIFESTS)
    parts = [
        Parts(image, shown_manifests(image.raw) or ())
        for image in steps.require_images(found, 1).images
    ]
    tried = False
    for each in context.some(parts, odd=_is_odd, at_most=AT_MOST):
        check_one = _each_variant(each) if each.manifests else _own_platform(each.image)
        if (yield from check_one):
            tried = True
            exchange = yield variant_request(each.image.id, ABSENT_PLATFORM)
            if inspected(exchange) is not None:
                raise Departure(
                    f"{each.image} is shown for a platform that it has not",
                    [exchange],
                    ["- status 404", "+ status 200"],
                )
    if not tried:
        raise Inconclusive("no inspectable image names its platform")
    return Passed()


def _each_variant(parts: Parts) -> Steps[bool]:
    """Inspect every available variant; return whether there is one.

    Raises:
        Departure: If another is shown.
    """
    platforms = Counter(platform_text(each.platform) for each in parts.manifests)
    tried = False
    for each in parts.manifests:
        there = each.available and each.content > 0
        if each.is_variant and there and platforms[platform_text(each.platform)] == 1:
            exchange = yield variant_request(parts.image.id, each.platform)
            tried = True
            shown = inspected(exchange)
            digest = _digest(shown)
            right = {each.id} if _has_several(parts) else {each.id, parts.image.id}
            if digest not in right:
                raise _another_variant(parts.image, exchange, str(each), digest)
    return tried


def _digest(shown: Mapping[str, Any] | None) -> str:
    """Return the digest of the manifest that *shown* describes; empty if it shows no image."""
    descriptor = (shown or {}).get("Descriptor")
    known = descriptor if isinstance(descriptor, dict) else {}
    return str(known.get("digest") or (shown or {}).get("Id") or "")


def _own_platform(image: Image) -> Steps[bool]:
    """Inspect *image* for the platform that it names; return whether it names one.

    Raises:
        Departure: If it is not shown.
    """
    shown = inspected((yield inspect_request(image.id))) or {}
    members = {"architecture": "Architecture", "os": "Os", "variant": "Variant"}
    platform = {key: shown[name] for key, name in members.items() if shown.get(name)}
    if not {"architecture", "os"} <= platform.keys():
        return False
    exchange = yield variant_request(image.id, platform)
    again = inspected(exchange) or {}
    if any(again.get(name) != shown.get(name) for name in ("Id", *members.values())):
        raise _another_variant(image, exchange, image.id, str(again.get("Id", "")))
    return True


def _another_variant(image: Image, exchange: Exchange, wanted: str, shown: str) -> Departure:
    status = exchange.response.status if exchange.response else exchange.error
    return Departure(
        f"{image} is not shown for the requested platform",
        [exchange],
        [f"- {wanted}", f"+ {shown or f'status {status}'}"],
    )
