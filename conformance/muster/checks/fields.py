"""Rules on the members of an image that came and went with API versions."""

from __future__ import annotations

from typing import Any

from muster import evidence
from muster.check import Context, Steps, check
from muster.checks.mistakes import refused
from muster.image import PLACEHOLDERS, Image, strings
from muster.query import request
from muster.verdict import Departure, Held
from muster.version import ApiVersion

NOT_CALCULATED = -1
COUNTS_CONTAINERS = ApiVersion(1, 51)


@check("LIST-LISTS-NEVER-NULL")
def nothing_is_an_empty_list(_: Context) -> Steps[Held]:
    """`RepoTags` and `RepoDigests` of the full listing: lists, without placeholders."""
    found = yield from evidence.full()
    for image in found.images:
        for name in ("RepoTags", "RepoDigests"):
            value = image.raw.get(name)
            if not isinstance(value, list) or PLACEHOLDERS.intersection(strings(value)):
                raise _shown(found, image, name, "a list without placeholders")
    return Held()


@check("LIST-VIRTUAL-SIZE-GONE")
def virtual_size_is_gone(_: Context) -> Steps[Held]:
    """The member `VirtualSize` in the full listing."""
    found = yield from evidence.full()
    for image in found.images:
        if "VirtualSize" in image.raw:
            raise _shown(found, image, "VirtualSize", "absent")
    return Held()


@check("LIST-NOT-CALCULATED")
def what_is_not_calculated_is_minus_one(context: Context) -> Steps[Held]:
    """`SharedSize` unasked, and `Containers` where the version does not count them."""
    found = yield from evidence.full()
    names = ["SharedSize"]
    if context.version < COUNTS_CONTAINERS:
        names.append("Containers")
    for image in found.images:
        for name in names:
            if image.raw.get(name) != NOT_CALCULATED:
                raise _shown(found, image, name, str(NOT_CALCULATED))
    return Held()


@check("LIST-SHARED-SIZE")
def shared_size_is_calculated_when_asked_for(_: Context) -> Steps[Held]:
    """`SharedSize` with `shared-size=1`."""
    yield from evidence.plain()
    found = yield from evidence.listed(request(("shared-size", "1")))
    for image in found.images:
        if not _at_least_zero(image.raw.get("SharedSize")):
            raise _shown(found, image, "SharedSize", "0 or more")
    return Held()


def _at_least_zero(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@check("LIST-MANIFESTS-UNASKED")
def manifests_are_shown_on_demand_only(_: Context) -> Steps[Held]:
    """The member `Manifests` without `manifests=1`."""
    found = yield from evidence.full()
    for image in found.images:
        if image.raw.get("Manifests") is not None:
            raise _shown(found, image, "Manifests", "absent")
    return Held()


@check("LIST-IDENTITY-ALONE")
def identity_needs_manifests(_: Context) -> Steps[Held]:
    """`identity=1` without `manifests=1`."""
    return (yield from refused([request(("identity", "1"))]))


def _shown(found: evidence.Listing, image: Image, name: str, wanted: str) -> Departure:
    shown = repr(image.raw[name]) if name in image.raw else "absent"
    return Departure(
        f"{name} of {image} is {shown}",
        [found.exchange],
        [f"- {name}: {wanted}", f"+ {name}: {shown}"],
    )
