"""Rules on the members of an image that API versions added and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.errors import refused
from muster.checks.listing.sizes import differs
from muster.model import difference
from muster.model.image import PLACEHOLDERS, strings
from muster.model.oracle import Expected
from muster.model.query import PLAIN, request
from muster.model.version import ApiVersion
from muster.register.verdict import Departure, Passed

MANIFESTS = request(("manifests", "1"))
WITH_MANIFESTS = ApiVersion(1, 47)
LATER = {"Manifests": WITH_MANIFESTS, "Descriptor": ApiVersion(1, 48)}
"""Members of an image, and the API versions that added them."""

WITH_IDENTITY = ApiVersion(1, 54)


@check("LIST-LISTS-NEVER-NULL")
def missing_names_are_empty_lists(_: Context) -> Steps[Passed]:
    """`RepoTags` and `RepoDigests` of the full listing: lists, without placeholders."""
    found = yield from steps.full_listing()
    for image in found.images:
        for name in ("RepoTags", "RepoDigests"):
            value = image.raw.get(name)
            if not isinstance(value, list) or PLACEHOLDERS.intersection(strings(value)):
                raise differs(found, image, name, "a list without placeholders")
    return Passed()


@check("LIST-VIRTUAL-SIZE-GONE")
def virtual_size_is_gone(_: Context) -> Steps[Passed]:
    """The member `VirtualSize` in the full listing."""
    found = yield from steps.full_listing()
    for image in found.images:
        if "VirtualSize" in image.raw:
            raise differs(found, image, "VirtualSize", "absent")
    return Passed()


@check("LIST-LATER-MEMBERS")
def later_members_are_not_shown(context: Context) -> Steps[Passed]:
    """`Manifests`, `Descriptor` and `Identity`, in the plain listing and with `manifests=1`."""
    yield from steps.default_listing()
    for asked in (PLAIN, MANIFESTS):
        found = yield from steps.require_listing(asked)
        for image in found.images:
            for name, since in LATER.items():
                if context.version < since and image.raw.get(name) is not None:
                    raise differs(found, image, name, f"absent before API {since}")
            if context.version < WITH_IDENTITY and any(_identities(image.raw.get("Manifests"))):
                raise Departure(
                    f"Manifests of {image} show Identity, which came with API {WITH_IDENTITY}",
                    [found.exchange],
                )
    return Passed()


def _identities(manifests: Any) -> Iterator[bool]:
    for manifest in manifests if isinstance(manifests, list) else ():
        data = manifest.get("ImageData") if isinstance(manifest, dict) else None
        yield isinstance(data, dict) and data.get("Identity") is not None


@check("LIST-MANIFESTS-UNASKED")
def manifests_are_shown_on_demand_only(_: Context) -> Steps[Passed]:
    """The member `Manifests` without `manifests=1`."""
    found = yield from steps.full_listing()
    for image in found.images:
        if image.raw.get("Manifests") is not None:
            raise differs(found, image, "Manifests", "absent")
    return Passed()


@check("LIST-MANIFESTS")
def manifests_add_a_member_only(_: Context) -> Steps[Passed]:
    """`manifests=1` beside the plain listing, three times."""
    usual = yield from steps.default_listing()
    first = yield from steps.fetch_listing(MANIFESTS)
    lines = difference.image_differences(Expected(usual.images), first.images)
    lines += difference.field_differences(
        usual.images, first.images, without=("Manifests", "RepoDigests")
    )
    if lines:
        raise Departure(
            "manifests=1 lists other images than the plain listing",
            [usual.exchange, first.exchange],
            difference.truncate(lines),
        )
    for _again in range(2):
        again = yield from steps.fetch_listing(MANIFESTS)
        lines = difference.field_differences(first.images, again.images)
        if lines:
            raise Departure(
                "manifests=1, repeated, gets another response",
                [first.exchange, again.exchange],
                difference.truncate(lines),
            )
    return Passed()


@check("LIST-IDENTITY-ALONE")
def identity_needs_manifests(_: Context) -> Steps[Passed]:
    """`identity=1` without `manifests=1`."""
    return (yield from refused([request(("identity", "1"))]))
