"""Loading and deleting an image's variants for one platform, in the containerd store.

moby v28.5.2 ``daemon/containerd/image_exporter.go:LoadImage`` and
``image_delete.go:deleteImagePlatforms``.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from musterd.api.removal import Deleted, Removed
from musterd.errors import BadRequestError, NotFoundError, RefusedArchiveError
from musterd.images import target
from musterd.images.image import Image
from musterd.images.platform import Platform, runs
from musterd.images.target import Manifest, Target
from musterd.listing.containerd import platform_of
from musterd.storage.containerd_transaction import ContainerdTransaction


def loaded(images: Sequence[Image], wanted: Platform) -> tuple[list[Image], str | None]:
    """Return the images of an archive with the content for one platform only.

    Returns:
        The images, and what is wrong with them; None if all are for the platform.

    Raises:
        RefusedArchiveError: An image says that it has content for the platform, but it is missing.
    """
    lacking: list[str] = []
    kept = []
    for image in images:
        targets = tuple(_reduced(each, wanted) for each in image.targets)
        for each in image.targets:
            if not _provides(each, wanted):
                lacking += list(each.names) or [each.digest]
        kept.append(replace(image, targets=targets))
    problem = (
        f"images [{', '.join(lacking)}] were loaded, but don't provide the requested platform "
        f"({wanted})"
    )
    return kept, problem if lacking else None


def _provides(of: Target, wanted: Platform) -> bool:
    found = [each for each in of.manifests if _is_for(each, wanted)]
    missing = next((each for each in found if not each.available), None)
    if missing is not None:
        raise RefusedArchiveError(
            f"requested platform ({wanted}) found, but some content is missing: NotFound: content "
            f"digest {missing.descriptor.digest}: not found"
        )
    return bool(found)


def _is_for(manifest: Manifest, wanted: Platform) -> bool:
    return manifest.kind == target.IMAGE and runs(platform_of(manifest), wanted)


def _reduced(of: Target, wanted: Platform) -> Target:
    """Leave out the content of an index for other platforms; a single manifest stays."""
    manifests = tuple(
        each
        if _is_for(each, wanted)
        else replace(each, unpacked=0, snapshots=())
        if each.descriptor.digest == of.digest
        else each.without_content()
        for each in of.manifests
    )
    return replace(of, manifests=manifests)


def delete(
    transaction: ContainerdTransaction,
    image_id: str,
    name: str,
    platforms: Sequence[Platform],
    *,
    force: bool,
) -> list[Removed]:
    """Delete the content of an image for some platforms; the image stays.

    Args:
        transaction: The catalogue.
        image_id: The Id of the image.
        name: Its name in messages.
        platforms: The platforms.
        force: Whether to delete content that other images may have, too.

    Raises:
        BadRequestError: *force* is missing.
        NotFoundError: The image has no content for one of them.
    """
    if not force:
        raise BadRequestError(
            "Content will be removed from all images referencing this variant. Use —-force to "
            "force delete."
        )
    of = transaction.image(image_id).target
    removed: dict[str, Manifest] = {}
    for wanted in platforms:
        manifests = () if of is None else of.manifests
        found = [each for each in manifests if each.available and _is_for(each, wanted)]
        if not found:
            raise NotFoundError(
                f"failed to delete platform {wanted} for image {image_id}: image with reference "
                f"{name} was found but does not provide any platform"
            )
        removed |= {each.descriptor.digest: each for each in found}
    transaction.remove_content(list(removed.values()))
    return [Deleted(digest) for digest in removed]
