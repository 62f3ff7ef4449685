"""Conversion between database rows and images."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.images.target import Target
from musterd.storage import schema

_image = schema.image.c
_name = schema.reference.c
_labels = msgspec.json.Decoder(dict[str, str]).decode
_targets = msgspec.json.Decoder(tuple[Target, ...]).decode
_text = msgspec.json.Decoder(str).decode

# The columns of an image that listings show, except its names. They bypass SQLAlchemy's type
# conversion, which would take longer than reading them.
SHOWN = (
    _image.id,
    _image.parent,
    _image.created,
    _image.created_text,
    _image.size,
    _image.virtual_size,
    sa.type_coerce(_image.labels, sa.Text),
    sa.type_coerce(_image.own_order, sa.Integer),
    sa.type_coerce(_image.has_config, sa.Integer),
    _image.shared_size,
    _image.containers,
)
# What only the containerd style shows.
IN_CONTAINERD = (
    sa.type_coerce(_image.targets, sa.Text),
    sa.type_coerce(_image.not_image, sa.Text),
)
# The other columns that `images` reads. There is one row per name; an image without names has one.
NAME = (_name.repository, _name.tag, _name.digest)


def images(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Image, Sequence[Any]]]:
    """Yield each image of consecutive rows, with the additional columns of its first row.

    Args:
        rows: The columns `SHOWN`, any additional ones, and `NAME`.
    """
    first_beside, last_beside = len(SHOWN), -len(NAME)
    for _, of_image in groupby(rows, itemgetter(0)):
        first = next(of_image)
        tags: list[Reference] = []
        digests: list[Reference] = []
        for *_, repository, tag, digest in (first, *of_image):
            if tag is not None:
                tags.append(Reference(repository, tag))
            elif digest is not None:
                digests.append(Reference(repository, None, digest))
        image = _image_of(first[:first_beside], tuple(tags), tuple(digests))
        yield image, first[first_beside:last_beside]


def with_targets(rows: Sequence[Sequence[Any]]) -> Image:
    """Return the image of some rows, with what the containerd style shows.

    Args:
        rows: The columns `SHOWN`, `IN_CONTAINERD` and `NAME` of one image.
    """
    ((image, (targets, not_image)),) = images(rows)
    if targets is None:
        return image
    reason = None if not_image is None else _text(not_image)
    return replace(image, targets=_targets(targets), not_image=reason)


def _image_of(
    shown: Sequence[Any], tags: tuple[Reference, ...], digests: tuple[Reference, ...]
) -> Image:
    (
        image_id,
        parent,
        created,
        created_text,
        size,
        virtual_size,
        labels,
        own_order,
        has_config,
        shared_size,
        containers,
    ) = shown
    return Image(
        id=image_id,
        parent=parent,
        created=created,
        created_text=created_text,
        size=size,
        virtual_size=virtual_size,
        labels=None if labels is None else _labels(labels),
        tags=tags,
        digests=digests,
        own_order=own_order == 1,
        has_config=has_config == 1,
        shared_size=shared_size,
        containers=containers,
    )


def image_row(image: Image) -> dict[str, object]:
    """Return the columns of an image, without the account and the number."""
    return {
        "id": image.id,
        "parent": image.parent,
        "created": image.created,
        "created_text": image.created_text,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "labels": image.labels,
        "own_order": image.own_order,
        "has_config": image.has_config,
        "config": image.config,
        "layers": image.layers,
        "shared_size": image.shared_size,
        "containers": image.containers,
        "targets": image.targets or None,
        "not_image": image.not_image,
    }


def name_row(name: Reference, position: int) -> dict[str, object]:
    """Return the columns of a name, without the account and the image."""
    return {
        "name": name.familiar,
        "repository": name.repository,
        "tag": name.tag,
        "digest": name.digest,
        "position": position,
    }
