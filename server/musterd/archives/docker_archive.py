"""Image archives: detection of the format, and the format of `docker save`.

The format is that of Docker 1.10 and later (moby ``image/tarexport``): a file ``manifest.json``
lists each image's config, layers, tags and parent. Since Docker 25 the archive is also an OCI image
layout, which is used if there is no ``manifest.json``.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import IO

import msgspec
from msgspec.structs import replace

from musterd.archives import image_config, manifests, oci_layout
from musterd.archives.compression import ByteStream
from musterd.archives.contents import Archive, Contents
from musterd.archives.image_config import ImageReader
from musterd.archives.limits import Budget, Cost, Limits, Received
from musterd.archives.listed_targets import annotations
from musterd.archives.tar import NotATarError
from musterd.errors import ArchiveError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.images.target import Target, merged

_MANIFEST = "manifest.json"
_LAYOUT = "oci-layout"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Entry(msgspec.Struct, rename="pascal"):
    """One image in ``manifest.json``."""

    config: str
    layers: list[str] | None = None
    repo_tags: list[str] | None = None
    parent: str | None = None


def read(file: IO[bytes], name: str, limits: Limits | None = None) -> list[Image]:
    """Read the images in an archive, in its order.

    Args:
        file: The archive, uncompressed or compressed with gzip, bzip2, xz or zstd.
        name: Its name in messages.
        limits: The limits on the archive.

    Raises:
        NotATarError: It is not a tar archive.
        ArchiveError: It is damaged, too large, or lacks a file that it refers to.
        OSError: It cannot be read.
    """
    budget = Budget(limits or Limits(), name)
    return parse(Received(file, budget), budget)


def parse(stream: ByteStream, budget: Budget) -> list[Image]:
    """Read the images in an archive like `read`, within *budget*."""
    try:
        contents = Archive(stream, budget)
    except NotATarError:
        raise NotATarError(
            f"{budget.name} is neither an archive of `docker save` nor an OCI image layout"
        ) from None
    return images(contents)


def images(contents: Contents) -> list[Image]:
    """Read the images in *contents*.

    Raises:
        ArchiveError: There are none, or they are invalid.
    """
    if contents.has(_MANIFEST):
        found = _saved(contents)
    elif contents.has(oci_layout.INDEX):
        found = oci_layout.images(contents)
    else:
        raise ArchiveError(
            f"{contents.name} has neither a manifest.json nor an index.json: it is no archive of "
            "`docker save`, or one from before Docker 1.10; load it into Docker and save it again"
        )
    return _with_parents(_merged(found))


def _saved(contents: Contents) -> list[Image]:
    raw = contents.document(_MANIFEST).raw
    entries = image_config.decode(raw, list[_Entry], contents.name, _MANIFEST)
    images = ImageReader(contents)
    found = [_image(contents, entry, images) for entry in entries]
    if not (contents.has(_LAYOUT) and contents.has(oci_layout.INDEX)):
        return found
    # containerd prefers the layout, whose manifests are the original ones.
    laid = oci_layout.images(contents)
    targets: defaultdict[str, list[Target]] = defaultdict(list)
    for image in laid:
        targets[image.id] += image.targets
    return [
        *(
            replace(image, targets=tuple(targets[image.id])) if image.id in targets else image
            for image in found
        ),
        *(image for image in laid if image.not_image is not None),
    ]


def _image(contents: Contents, entry: _Entry, images: ImageReader) -> Image:
    image = images.image(entry.config, entry.layers or ())
    stem = posixpath.basename(entry.config).removesuffix(".json")
    if _SHA256.fullmatch(stem) and f"sha256:{stem}" != image.id:
        raise ArchiveError(
            f"{contents.name}: {entry.config} is named by its SHA-256, but that is "
            f"{image.id.removeprefix('sha256:')}"
        )
    contents.budget.spend(Cost.TAG, len(entry.repo_tags or ()))
    tags = dict.fromkeys(_tag(contents, text) for text in entry.repo_tags or ())
    manifest = manifests.saved(contents, image, entry.config, entry.layers or ())
    one = Target(
        descriptor=manifest.descriptor,
        names={tag.familiar: annotations(tag) for tag in tags},
        manifests=(manifest,),
    )
    return replace(image, parent=entry.parent or None, tags=tuple(tags), targets=(one,))


def _tag(contents: Contents, text: str) -> Reference:
    try:
        tag = reference.parse(text)
    except reference.InvalidReferenceError:
        tag = Reference(text)
    if tag.tag is None:
        raise ArchiveError(
            f'{contents.name}: {_MANIFEST} has "RepoTags" with {text[:300]}, no name with a tag'
        )
    return tag


def _merged(found: Iterable[Image]) -> list[Image]:
    """Merge identical images, and leave each tag to the last image that has it."""
    same_or_new: dict[str, Image] = {}
    targets: defaultdict[str, list[Target]] = defaultdict(list)
    tags: dict[str, dict[Reference, None]] = {}
    owners: dict[Reference, str] = {}
    for image in found:
        same = same_or_new.get(image.id, image)
        same_or_new[image.id] = replace(
            image,
            parent=image.parent or same.parent,
        )
        targets[image.id] += image.targets
        tags.setdefault(image.id, {}).update(dict.fromkeys(image.tags))
        owners |= dict.fromkeys(image.tags, image.id)
    return [
        replace(
            image,
            tags=tuple(tag for tag in tags[image.id] if owners[tag] == image.id),
            targets=merged(targets[image.id]),
        )
        for image in same_or_new.values()
    ]


def _with_parents(found: Sequence[Image]) -> list[Image]:
    """Drop parents that are not in the archive, as Docker does (``validatedParentLinks``).

    Also drop a parent that is its own ancestor.
    """
    parents = {image.id: image.parent for image in found}
    # Whether an image's chain of ancestors ends.
    finite: dict[str, bool] = {}
    for image in found:
        line: dict[str, None] = {}
        ancestor: str | None = image.id
        while ancestor in parents and ancestor not in finite and ancestor not in line:
            line[ancestor] = None
            ancestor = parents[ancestor]
        is_finite = ancestor not in line and (ancestor is None or finite.get(ancestor, True))
        finite |= dict.fromkeys(line, is_finite)
    return [
        image if image.parent in parents and finite[image.id] else replace(image, parent=None)
        for image in found
    ]
