"""Rules on `Manifests` within a listing: sums, kinds and references."""

from __future__ import annotations

from collections import Counter

from muster.checks import planted_steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.sizes import number
from muster.checks.platforms.shown import differs, images_with_manifests
from muster.model.image import plain_id
from muster.model.manifest import ATTESTATION, ATTESTED, IMAGE, KINDS
from muster.planting.fixtures import Origin
from muster.register.verdict import Inconclusive, Passed

DATA = {IMAGE: "ImageData", ATTESTATION: "AttestationData"}
"""The member that only manifests of a kind have."""


@check("LIST-MANIFESTS-SIZE")
def size_is_the_sum_over_the_manifests(_: Context) -> Steps[Passed]:
    """`Size` beside `Size.Total` of every manifest, in the full listing with `manifests=1`."""
    found, images = yield from images_with_manifests()
    for parts in images:
        total, size = sum(each.total for each in parts.manifests), number(parts.image, "Size")
        if size != total:
            message = "Size is not the sum of Total over its Manifests"
            raise differs(found, parts, message, f"Size: {total}", f"Size: {size}")
    return Passed()


@check("LIST-MANIFESTS-TOTAL")
def total_is_packed_and_unpacked(_: Context) -> Steps[Passed]:
    """`Size.Total` beside `Size.Content` and `ImageData.Size.Unpacked` of every manifest."""
    found, images = yield from images_with_manifests()
    for parts in images:
        for each in parts.manifests:
            wanted = each.content + each.unpacked
            if each.total != wanted:
                message = f"Total of {each} is not Content and Unpacked together"
                raise differs(found, parts, message, f"Total: {wanted}", f"Total: {each.total}")
    return Passed()


@check("LIST-MANIFESTS-ONCE")
def manifests_are_shown_once(context: Context) -> Steps[Passed]:
    """The Ids of an image that is one manifest itself, and of planted indexes.

    Of another index nobody can tell from outside whether it refers to a manifest twice, for one
    platform or for two; then it is shown twice.
    """
    found, images = yield from images_with_manifests()
    planted = planted_steps.of_origin(context, Origin.PLATFORMS)
    for parts in images:
        ids = [each.id for each in parts.manifests]
        if parts.image.id not in ids and not any(
            planted_steps.is_same(each, parts.image) for each in planted
        ):
            continue
        again = sorted(name for name, count in Counter(ids).items() if count > 1)
        if again:
            message = "it has a manifest twice"
            raise differs(found, parts, message, f"{again[0]} once", f"{ids.count(again[0])} times")
    return Passed()


@check("LIST-MANIFESTS-AVAILABLE")
def available_manifests_take_space(_: Context) -> Steps[Passed]:
    """`Available` and `Size` of every manifest: missing content has size 0."""
    found, images = yield from images_with_manifests()
    for parts in images:
        for each in parts.manifests:
            if each.content == 0 and (each.available or each.total):
                message = f"{each} has a Content of 0"
                shown = f"Available: {str(each.available).lower()}, Total: {each.total}"
                raise differs(found, parts, message, "Available: false, Total: 0", shown)
    return Passed()


@check("LIST-MANIFESTS-KIND")
def kinds_are_known_and_have_their_data(_: Context) -> Steps[Passed]:
    """`Kind` of every manifest, and its corresponding member."""
    found, images = yield from images_with_manifests()
    for parts in images:
        for each in parts.manifests:
            if each.kind not in KINDS:
                wanted = f"Kind: {' or '.join(KINDS)}"
                message = f"{each} is of no known kind"
                raise differs(found, parts, message, wanted, f"Kind: {each.kind}")
            for kind, name in DATA.items():
                there = each.raw.get(name) is not None
                if there != (each.kind == kind):
                    words = {True: "there", False: "absent"}
                    message = f"{name} of {each}, which is of the kind {each.kind}"
                    raise differs(found, parts, message, words[not there], words[there])
    return Passed()


@check("LIST-MANIFESTS-ATTESTATION")
def attestations_are_about_a_sibling(_: Context) -> Steps[Passed]:
    """`AttestationData.For` beside the Ids of the image's manifests.

    An index may refer to a manifest that it does not have; then it is not the server's fault.
    """
    found, images = yield from images_with_manifests()
    tried = False
    for parts in images:
        ids = {each.id for each in parts.manifests}
        for each in parts.manifests:
            if each.kind != ATTESTATION:
                continue
            annotations = each.descriptor.get("annotations")
            said = annotations.get(ATTESTED) if isinstance(annotations, dict) else None
            if said not in {None, *ids}:
                continue
            tried = True
            if each.attested not in ({said} if said else ids):
                message = f"For of {each} is no manifest of the image"
                wanted = said or " or ".join(sorted(ids - {each.id}))
                raise differs(found, parts, message, f"For: {wanted}", f"For: {each.attested}")
    if not tried:
        raise Inconclusive("no image has an attestation: build one with provenance")
    return Passed()


@check("LIST-DESCRIPTOR")
def descriptors_have_the_digest(_: Context) -> Steps[Passed]:
    """`Descriptor.digest` of images and of their manifests, beside `Id` and `ID`."""
    found, images = yield from images_with_manifests()
    for parts in images:
        pairs = [("Id", parts.image.id, parts.image.raw.get("Descriptor"))]
        pairs += [("ID", each.id, each.descriptor) for each in parts.manifests]
        for name, wanted, descriptor in pairs:
            shown = descriptor.get("digest") if isinstance(descriptor, dict) else None
            if shown is not None and plain_id(str(shown)) != plain_id(wanted):
                message = f"Descriptor.digest is not the {name}"
                raise differs(found, parts, message, f"digest: {wanted}", f"digest: {shown}")
    return Passed()


@check("LIST-CONTAINERS-SUM")
def containers_add_up(_: Context) -> Steps[Passed]:
    """`Containers` beside the Ids in `ImageData.Containers` of every manifest."""
    found, images = yield from images_with_manifests()
    for parts in images:
        count = number(parts.image, "Containers")
        total = sum(each.containers for each in parts.manifests)
        if count is not None and count >= 0 and count != total:
            message = "Containers is not how many its Manifests have together"
            raise differs(found, parts, message, f"Containers: {total}", f"Containers: {count}")
    return Passed()


@check("LIST-IDENTITY-UNASKED")
def identity_is_shown_on_demand_only(_: Context) -> Steps[Passed]:
    """`ImageData.Identity` of every manifest, without `identity=1`."""
    found, images = yield from images_with_manifests()
    for parts in images:
        for each in parts.manifests:
            data = each.raw.get("ImageData")
            if isinstance(data, dict) and data.get("Identity") is not None:
                message = f"Identity of {each} is shown unasked"
                raise differs(found, parts, message, "Identity: absent", "Identity: there")
    return Passed()
