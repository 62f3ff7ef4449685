"""What `musterd export` says of an image beyond what a listing shows, for `musterd import`."""

import msgspec

from musterd.images.image import Layer


class Beyond(msgspec.Struct, rename="pascal", frozen=True, kw_only=True, omit_defaults=True):
    """The member `Muster` of an image in an exported listing; other readers pass over it."""

    #: When the image was made, exactly.
    created: str | None = None
    #: Whether it has a config.
    has_config: bool = True
    #: Its config, as it is.
    config: str | None = None
    layers: tuple[Layer, ...] | None = None
