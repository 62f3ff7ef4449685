"""The catalogue as a List Images response: what `musterd.import_listing` reads back as it was."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from musterd.archives.beyond import Beyond
from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.images.image import Image
from musterd.images.reference import in_own_order
from musterd.listing import render
from musterd.listing.render import ListedImage, ListQuery

# Those of the first daemons that all other servers' listings look like.
_RULES = rules.at(ApiVersion("1.24"))

_T = TypeVar("_T")


class Exported(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One image; members of which nothing is known are left out."""

    id: str
    parent_id: str | msgspec.UnsetType
    repo_tags: list[str] | None
    repo_digests: list[str] | None
    created: int
    size: int
    virtual_size: int
    shared_size: int | msgspec.UnsetType
    containers: int | msgspec.UnsetType
    labels: Mapping[str, str] | None
    muster: Beyond | msgspec.UnsetType


def export(images: Iterable[Image]) -> bytes:
    """Return all *images*, newest first."""
    listed = render.select(images, ListQuery(all=True), _RULES)
    return msgspec.json.encode([_exported(entry) for entry in listed]) + b"\n"


def _exported(entry: ListedImage) -> Exported:
    image = entry.image
    repo_tags, repo_digests = render.names(replace(entry, image=_kept(image)), _RULES)
    return Exported(
        id=image.id,
        parent_id=_unset_if_none(image.parent),
        repo_tags=repo_tags,
        repo_digests=repo_digests,
        created=image.created,
        size=image.size,
        virtual_size=image.virtual_size,
        shared_size=_unset_if_none(image.shared_size),
        containers=_unset_if_none(image.containers),
        labels=None if image.labels is None else dict(sorted(image.labels.items())),
        muster=_beyond(image),
    )


def _kept(image: Image) -> Image:
    """Keep the tags as they stand, unless they would be taken for an order of their own then."""
    return replace(image, own_order=image.own_order or not in_own_order(image.tags))


def _unset_if_none(value: _T | None) -> _T | msgspec.UnsetType:
    return msgspec.UNSET if value is None else value


def _beyond(image: Image) -> Beyond | msgspec.UnsetType:
    beyond = Beyond(
        created=image.created_text,
        has_config=image.has_config,
        config=None if image.config is None else image.config.decode(),
        layers=image.layers,
    )
    return msgspec.UNSET if beyond == Beyond() else beyond
