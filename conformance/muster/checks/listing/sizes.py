"""Rules on sizes, and on values that the server did not calculate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.steps import Listing
from muster.model.image import Image
from muster.model.query import filters_json, request
from muster.model.version import ApiVersion
from muster.register.verdict import Departure, Inconclusive, Passed

NOT_CALCULATED = -1
COUNTS_CONTAINERS = ApiVersion(1, 51)
WITH_SHARED_SIZE = ApiVersion(1, 42)
SHARED_SIZE = ("shared-size", "1")
ASKED_FOR = ("1", "True", "true")
NOT_ASKED_FOR = ("0", "False", "false")
"""Values of a boolean parameter, as `all` documents them."""

WITH_MANIFESTS = request(("all", "1"), ("manifests", "1"))


def number(image: Image, name: str) -> int | None:
    """Return the whole number in the member *name* of *image*; None if there is none."""
    value: Any = image.raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def differs(found: Listing, image: Image, name: str, wanted: str) -> Departure:
    """Return the departure that the member *name* of *image* is not *wanted*."""
    shown = repr(image.raw[name]) if name in image.raw else "absent"
    return Departure(
        f"{name} of {image} is {shown}",
        [found.exchange],
        [f"- {name}: {wanted}", f"+ {name}: {shown}"],
    )


@check("LIST-VIRTUAL-SIZE")
def virtual_size_includes_size(_: Context) -> Steps[Passed]:
    """`Size` and `VirtualSize` of the full listing."""
    found = yield from steps.full_listing()
    for image in found.images:
        size, virtual = number(image, "Size"), number(image, "VirtualSize")
        if size is not None and virtual is not None and virtual < size:
            raise differs(found, image, "VirtualSize", f"at least {size}")
    return Passed()


@check("LIST-VIRTUAL-SIZE-EQUAL")
def virtual_size_is_size(_: Context) -> Steps[Passed]:
    """`Size` and `VirtualSize` of the full listing."""
    found = yield from steps.full_listing()
    for image in found.images:
        size = number(image, "Size")
        if size is not None and number(image, "VirtualSize") not in {size, None}:
            raise differs(found, image, "VirtualSize", str(size))
    return Passed()


@check("LIST-NOT-CALCULATED")
def uncalculated_values_are_minus_one(context: Context) -> Steps[Passed]:
    """`SharedSize` unasked and with `shared-size=0`, and `Containers` before they are counted."""
    found = yield from steps.full_listing()
    names = ["SharedSize"]
    if context.version < COUNTS_CONTAINERS:
        names.append("Containers")
    _require_uncalculated(found, names)
    if context.version >= WITH_SHARED_SIZE:
        for text in NOT_ASKED_FOR:
            asked = request(("shared-size", text))
            found = yield from steps.require_listing(asked, see="LIST-SHARED-SIZE")
            _require_uncalculated(found, ["SharedSize"])
    return Passed()


def _require_uncalculated(found: Listing, names: Sequence[str]) -> None:
    for image in found.images:
        for name in names:
            if image.raw.get(name) != NOT_CALCULATED:
                raise differs(found, image, name, str(NOT_CALCULATED))


@check("LIST-CONTAINERS")
def containers_are_counted(_: Context) -> Steps[Passed]:
    """`Containers` of the full listing; -1 is correct without an available platform."""
    found = yield from steps.full_listing()
    uncounted = [image for image in found.images if not _is_counted(image)]
    if not uncounted:
        return Passed()
    detailed = yield from steps.require_listing(WITH_MANIFESTS, see="LIST-MANIFESTS")
    if any(isinstance(image.raw.get("Manifests"), list) for image in detailed.images):
        absent = {image.id for image in detailed.images if _has_no_platform(image)}
    else:
        absent = set()
    for image in uncounted:
        if image.id not in absent:
            raise differs(found, image, "Containers", "0 or more")
    return Passed()


def _is_counted(image: Image) -> bool:
    return "Containers" in image.raw and (number(image, "Containers") or 0) >= 0


def _has_no_platform(image: Image) -> bool:
    """Whether none of the available parts of *image* is an image, which containers need.

    Source: moby v28.5.2 daemon/containerd/image_list.go (imageSummary), as recorded; of an empty
    index it shows no Manifests.
    """
    parts = image.raw.get("Manifests") or []
    return isinstance(parts, list) and not any(
        isinstance(part, dict) and part.get("Kind") == "image" and part.get("Available")
        for part in parts
    )


@check("LIST-SHARED-SIZE")
def shared_size_is_calculated_on_request(_: Context) -> Steps[Passed]:
    """`SharedSize` with `shared-size=1`, `True` and `true`, beside `Size`."""
    yield from steps.default_listing()
    for text in ASKED_FOR:
        found = yield from steps.fetch_listing(request(("shared-size", text)))
        for image in found.images:
            shared, size = number(image, "SharedSize"), number(image, "Size")
            if shared is None or shared < 0:
                raise differs(found, image, "SharedSize", "0 or more")
            if size is not None and shared > size:
                raise differs(found, image, "SharedSize", f"at most its Size, {size}")
    return Passed()


@check("LIST-SHARED-SIZE-FILTERED")
def shared_size_does_not_depend_on_filters(context: Context) -> Steps[Passed]:
    """`SharedSize` of images that share a layer, each requested by its name."""
    everything = yield from steps.require_listing(request(SHARED_SIZE), see="LIST-SHARED-SIZE")
    sharing = [
        (image, tag)
        for image in everything.images
        for tag in image.tags[:1]
        if (number(image, "SharedSize") or 0) > 0
    ]
    if not sharing:
        raise Inconclusive("no two images share a layer: build one on top of another, with a tag")
    for image, tag in context.some(sharing, at_most=5):
        filters = ("filters", filters_json({"reference": [tag]}))
        alone = yield from steps.require_listing(request(SHARED_SIZE, filters))
        for shown in alone.images:
            if shown.id == image.id and number(shown, "SharedSize") != number(image, "SharedSize"):
                raise Departure(
                    f"SharedSize of {image} is another one where a filter chooses it",
                    [everything.exchange, alone.exchange],
                    [
                        f"- SharedSize: {number(image, 'SharedSize')}",
                        f"+ SharedSize: {number(shown, 'SharedSize')}",
                    ],
                )
    return Passed()
