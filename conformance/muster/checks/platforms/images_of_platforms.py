"""Rules on planted images of several platforms, artifacts, and images that lack a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.other_endpoints import NO_INSPECT, inspected, unix_time
from muster.checks.platforms.inspecting import variant_request
from muster.checks.platforms.shown import NO_MANIFESTS, Parts, differs, images_with_manifests
from muster.model.exchange import Exchange, Request
from muster.model.image import Image, plain_id
from muster.model.manifest import IMAGE, Manifest, Platform
from muster.model.name_filter import WITH_REFERENCE
from muster.model.query import Query, filters_json, request
from muster.planting.fixtures import Origin, Planted, PlantedManifest
from muster.planting.platform_images import PLATFORM_LABEL
from muster.register.verdict import Departure, Inconclusive, Passed

ARTIFACT = "artifact"
INCOMPLETE = ("partial", "torn")
ABSENT = "none"
"""An architecture that no planted image is for."""

FLAVOURS = ((), (("manifests", "1"),), (("shared-size", "1"),))
"""Parameters that make a server read more of an image than its name."""


def _taken(context: Context, *keys: str) -> list[Planted]:
    """Return the planted images with one of *keys* that the server took.

    Raises:
        Inconclusive: If it took none.
    """
    planted = planted_steps.of_origin(context, Origin.PLATFORMS)
    taken = [image for image in planted if image.key in keys]
    if not taken:
        kind = "no artifact" if ARTIFACT in keys else f"no image of the kind {' or '.join(keys)}"
        raise Inconclusive(f"not supported by this engine: it loads {kind}")
    return taken


@check("LIST-ARTIFACTS")
def artifacts_are_listed(context: Context) -> Steps[Passed]:
    """A planted artifact, requested by name, with and without further parameters."""
    for planted in _taken(context, ARTIFACT):
        yield from _require_listed_by_name(context, planted)
    return Passed()


@check("LIST-PARTIAL")
def incomplete_images_are_listed(context: Context) -> Steps[Passed]:
    """Planted images that lack a variant or a layer: by name, and others in full listings."""
    incomplete = _taken(context, *INCOMPLETE)
    for planted in incomplete:
        yield from _require_listed_by_name(context, planted)
    planted_images = planted_steps.of_origin(context, Origin.PLATFORMS)
    hidden: set[str] = set()
    for artifact in [each for each in planted_images if each.key == ARTIFACT]:
        # LIST-ARTIFACTS reports one that its own name does not find either.
        if not (yield from _is_listed_by_name(context, artifact)):
            hidden.add(artifact.key)
    others = [each for each in planted_images if each.key not in hidden]
    for flavour in FLAVOURS:
        everything = yield from steps.require_listing(request(("all", "1"), *flavour))
        planted_steps.require_each_once(everything, others)
    return Passed()


def _named_request(context: Context, planted: Planted, *flavour: tuple[str, str]) -> Request:
    """Return the request for *planted* alone, by its name."""
    name = planted.tags[0]
    by_name = ("filter", name)
    if context.version >= WITH_REFERENCE:
        by_name = ("filters", filters_json({"reference": [name]}))
    return request(by_name, *flavour)


def _require_listed_by_name(context: Context, planted: Planted) -> Steps[None]:
    """Check that *planted* is listed when requested by name.

    Raises:
        Departure: If it is not.
    """
    for flavour in FLAVOURS:
        found = yield from steps.fetch_listing(_named_request(context, planted, *flavour))
        planted_steps.require_each_once(found, [planted])


def _is_listed_by_name(context: Context, planted: Planted) -> Steps[bool]:
    found = yield from steps.require_listing(_named_request(context, planted))
    return any(planted_steps.is_same(planted, image) for image in found.images)


@check("LIST-MANIFESTS-CONTENT")
def every_planted_manifest_is_shown_correctly(context: Context) -> Steps[Passed]:
    """`Manifests` of planted images, compared with the planted ones."""
    found, images = yield from images_with_manifests()
    known = {plain_id(parts.image.id): parts for parts in images}
    tried = False
    for planted in planted_steps.of_origin(context, Origin.PLATFORMS):
        parts = known.get(plain_id(planted.id))
        if parts is None:
            continue
        tried = True
        shown = {each.id: each for each in parts.manifests}
        ids = [each.id for each in planted.manifests]
        if sorted(shown) != sorted(ids):
            message = "it shows other Manifests than its index has"
            raise differs(found, parts, message, ", ".join(ids), ", ".join(shown) or "none")
        for wanted in planted.manifests:
            _require_same(found, parts, wanted, shown[wanted.id])
    if not tried:
        raise Inconclusive(NO_MANIFESTS)
    return Passed()


def _require_same(
    found: steps.Listing, parts: Parts, wanted: PlantedManifest, shown: Manifest
) -> None:
    """Check that *shown* is *wanted*.

    Content may leave out the manifest itself: the words of moby's document allow it.

    Raises:
        Departure: If it is not.
    """
    contents = {wanted.content, wanted.content - wanted.size}
    pairs: list[tuple[str, object, object]] = [
        ("Kind", wanted.kind, shown.kind),
        ("Available", wanted.available, shown.available),
        ("Content", wanted.content, wanted.content if shown.content in contents else shown.content),
        ("For", wanted.attested, shown.attested),
    ]
    if wanted.kind == IMAGE:
        pairs.append(("Platform", _platform(wanted.platform), _platform(shown.platform)))
    for name, right, value in pairs:
        if right != value:
            message = f"{name} of {shown} is not as planted"
            raise differs(found, parts, message, f"{name}: {right}", f"{name}: {value}")


def _platform(platform: Platform) -> tuple[object, ...]:
    return tuple(platform.get(key) or "" for key in ("os", "architecture", "variant"))


def _images(context: Context) -> list[Planted]:
    """Return the planted images of platforms that are images and not artifacts."""
    planted = planted_steps.of_origin(context, Origin.PLATFORMS)
    return [image for image in planted if image.labels]


def _listed(
    everything: steps.Listing, planted: Iterable[Planted]
) -> Iterator[tuple[Planted, Image]]:
    for each in planted:
        for image in everything.images:
            if planted_steps.is_same(each, image):
                yield each, image


@check("PLANT-PLATFORM-VARIANT")
def labels_and_date_are_of_one_variant(context: Context) -> Steps[Passed]:
    """`Labels` and `Created` of planted images beside those of their variants."""
    everything = yield from steps.full_listing()
    tried = False
    for planted, image in _listed(everything, _images(context)):
        tried = True
        variants = [
            (dict(each.labels), each.created)
            for each in planted.manifests
            if each.kind == IMAGE and each.content
        ]
        shown = (dict(image.labels), image.created)
        if shown not in variants:
            wanted = " or ".join(map(str, variants))
            raise planted_steps.not_as_planted(everything, planted, wanted, shown)
    if not tried:
        raise Inconclusive("no planted image of several platforms is listed (see LIST-PARTIAL)")
    return Passed()


@check("PLANT-PLATFORM-LABELS")
def labels_of_every_variant_count(context: Context) -> Steps[Passed]:
    """`label` with the label of each variant of planted images, and with an unknown one."""
    everything = yield from steps.full_listing()
    whole = [
        (planted, image)
        for planted, image in _listed(everything, _images(context))
        if plain_id(image.id) == plain_id(planted.id)
    ]
    if not whole:
        raise Inconclusive("not supported by this engine: it keeps one platform of an image")
    for architecture in ("amd64", "arm64", ABSENT):
        query = Query(all=True, filters={"label": [f"{PLATFORM_LABEL}={architecture}"]})
        found = yield from steps.fetch_listing(query.request())
        ids = {image.id for image in found.images}
        for planted, image in whole:
            there = [each for each in planted.manifests if each.content]
            has = any(each.labels.get(PLATFORM_LABEL) == architecture for each in there)
            if has != (image.id in ids):
                words = {True: "listed", False: "not listed"}
                raise Departure(
                    f"label={PLATFORM_LABEL}={architecture} and {image}",
                    [everything.exchange, found.exchange],
                    [f"- {words[has]}", f"+ {words[not has]}"],
                )
    return Passed()


@check("PLANT-PLATFORM-INSPECT")
def inspecting_shows_the_planted_variant(context: Context) -> Steps[Passed]:
    """`GET /images/ID/json` with `platform`, for each variant of planted images."""
    everything = yield from steps.full_listing()
    tried = False
    for planted, image in _listed(everything, _images(context)):
        if plain_id(image.id) != plain_id(planted.id):
            continue
        for variant in [each for each in planted.manifests if each.kind == IMAGE]:
            exchange: Exchange = yield variant_request(image.id, variant.platform)
            shown = inspected(exchange)
            if not variant.available and shown is None:
                continue
            tried = True
            wanted = _wanted(variant)
            if shown is None or _shown(shown) != wanted:
                raise Departure(
                    f"{image} is not shown as its variant {'/'.join(variant.platform.values())}",
                    [exchange],
                    [f"- {wanted}", f"+ {_shown(shown) if shown else NO_INSPECT}"],
                )
    if not tried:
        raise Inconclusive("not supported by this engine: it keeps one platform of an image")
    return Passed()


def _wanted(variant: PlantedManifest) -> Mapping[str, object]:
    system, architecture, of_it = _platform(variant.platform)
    return {
        "Os": system,
        "Architecture": architecture,
        "Variant": of_it,
        "Created": variant.created,
        "Labels": dict(variant.labels),
    }


def _shown(shown: Mapping[str, Any]) -> Mapping[str, object]:
    config, created = shown.get("Config"), shown.get("Created")
    return {name: shown.get(name) or "" for name in ("Os", "Architecture", "Variant")} | {
        "Created": unix_time(created) if isinstance(created, str) else created,
        "Labels": (config.get("Labels") if isinstance(config, dict) else None) or {},
    }
