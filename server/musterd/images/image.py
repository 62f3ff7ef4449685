"""The image, as the catalogue knows it."""

from collections.abc import Mapping

import msgspec

from musterd.images import dates
from musterd.images.reference import Reference

#: `Created` of an image that does not say when it was made: the first second of the year 1, in
#: seconds since 1970 (seen: Docker 1.11.2 and 20.10.24; 25.0 and later show 0).
NEVER = -62135596800


class Layer(msgspec.Struct, frozen=True):
    """One layer of an image's file system."""

    #: The digest of its content, unpacked: ``sha256:5f70bf18...``.
    digest: str
    #: Bytes of the files in it.
    size: int


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """One image. Ids, sizes and dates are those of its source, to the letter."""

    #: 64 hexadecimal digits, after ``sha256:`` or not: whichever the source has.
    id: str
    #: The `id` of the image from which it was made, possibly shortened, or None.
    parent: str | None
    #: Seconds since 1970-01-01 00:00:00 UTC.
    created: int
    #: Bytes.
    size: int
    #: Bytes, with everything below the image; `size` itself unless the source tells them apart.
    virtual_size: int
    #: None where the source has no labels, which a listing may show otherwise than empty ones.
    labels: Mapping[str, str] | None
    tags: tuple[Reference, ...] = ()
    digests: tuple[Reference, ...] = ()
    #: Whether `tags` keep their order; if not, a listing sorts them.
    own_order: bool = False
    #: Whether the image has a config; only an archive can tell that it has none.
    has_config: bool = True
    #: RFC 3339, with whatever fraction the image's config has; None unless the config is known.
    created_text: str | None = None
    #: The image config, byte for byte, if the image came with one.
    config: bytes | None = None
    #: The layers, the lowest first; None unless the image came with them.
    layers: tuple[Layer, ...] | None = None
    #: What other images use too of `size`, and how many containers use the image: as a listing
    #: says that has counted; None where none has.
    shared_size: int | None = None
    containers: int | None = None

    def shown_created(self, undated: int) -> int:
        """Return `created`, or *undated* if it does not say when it was made."""
        return undated if self.created == NEVER and self.created_text is None else self.created

    @property
    def created_nanoseconds(self) -> int | None:
        """When it was made, in nanoseconds since 1970, as exactly as is known; None if unknown."""
        if self.created_text is not None:
            return dates.nanoseconds(self.created_text)
        return None if self.created == NEVER else self.created * dates.NANOSECONDS
