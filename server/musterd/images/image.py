"""The image as the catalogue stores it."""

from collections.abc import Mapping

import msgspec

from musterd.images import dates
from musterd.images.reference import Reference
from musterd.images.target import Target

# `Created` of an image without a creation date: the first second of the year 1, in seconds since
# 1970 (seen: Docker 1.11.2 and 20.10.24; 25.0 and later show 0).
NEVER = -62135596800


class Layer(msgspec.Struct, frozen=True):
    """One layer of an image's file system.

    Attributes:
        digest: The digest of the unpacked content: ``sha256:5f70bf18...``.
        size: The total size of its files, in bytes.
    """

    digest: str
    size: int


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """One image. Ids, sizes and dates are exactly those of its source.

    Attributes:
        id: 64 hexadecimal digits, with or without ``sha256:``, as in the source.
        parent: The `id` of the parent image, possibly shortened; None if there is none.
        created: The creation date, in seconds since 1970-01-01 00:00:00 UTC.
        size: The size in bytes.
        virtual_size: The size in bytes including the parents; `size` if the source does not
            distinguish them.
        labels: The labels; None if the source has none, which a listing may show differently from
            empty labels.
        tags: The names with a tag.
        digests: The names with a digest.
        own_order: Whether listings keep the order of `tags` rather than sort them.
        has_config: Whether the image has a config; only an archive can show that it has none.
        created_text: The creation date in RFC 3339, with the fraction of the config; None if the
            config is unknown.
        config: The image config, byte for byte; None if the source did not include it.
        layers: The layers, lowest first; None if the source did not include them.
        shared_size: The bytes of `size` that other images use too, from the imported listing; None
            if the source did not count them.
        containers: The number of containers that use the image, from the imported listing; None if
            the source did not count them.
        targets: What the containerd store has for this image; several of its images may have the
            same config. Empty if the source did not say it.
        not_image: Why this is no image of a container, but something that only the containerd store
            can hold; empty if graph drivers leave it out without an error. None for an image.
    """

    id: str
    parent: str | None
    created: int
    size: int
    virtual_size: int
    labels: Mapping[str, str] | None
    tags: tuple[Reference, ...] = ()
    digests: tuple[Reference, ...] = ()
    own_order: bool = False
    has_config: bool = True
    created_text: str | None = None
    config: bytes | None = None
    layers: tuple[Layer, ...] | None = None
    shared_size: int | None = None
    containers: int | None = None
    targets: tuple[Target, ...] = ()
    not_image: str | None = None

    def shown_created(self, undated: int) -> int:
        """Return `created`, or *undated* for an image without a creation date."""
        return undated if self.created == NEVER and self.created_text is None else self.created

    def references(self) -> tuple[Reference, ...]:
        """Return the names that conditions apply to."""
        return (*self.tags, *self.digests)

    def label_sets(self) -> tuple[Mapping[str, str], ...]:
        """Return the labels that conditions apply to; nothing without an image config."""
        return (self.labels or {},) if self.has_config else ()

    @property
    def created_nanoseconds(self) -> int | None:
        """The creation date in nanoseconds since 1970, as exactly as known; None if unknown."""
        if self.created_text is not None:
            return dates.nanoseconds(self.created_text)
        return None if self.created == NEVER else self.created * dates.NANOSECONDS
