"""Image configs: what is known of an image besides its names.

The format is that of Docker since 1.10 (moby ``image/spec/v1.2.md``) and of OCI's image-spec,
``config.md``.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from musterd.errors import ArchiveError
from musterd.images import dates
from musterd.images.image import NEVER, Image, Layer

_SHOWN = 60
_T = TypeVar("_T")


class _ContainerConfig(msgspec.Struct, rename="pascal"):
    """The part of a config with the labels."""

    labels: dict[str, str] | None = None


class _RootFs(msgspec.Struct):
    """The part of a config that names the layers."""

    diff_ids: list[str] | None = None


class _Config(msgspec.Struct):
    """An image config."""

    created: str | None = None
    config: _ContainerConfig | None = None
    rootfs: _RootFs | None = None


def decode(raw: bytes, kind: type[_T], name: str, path: str) -> _T:
    """Read a JSON document.

    Args:
        raw: Its bytes.
        kind: What it should be.
        name: What to call the archive in messages.
        path: Where in the archive it stands.

    Raises:
        ArchiveError: It is something else.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveError(f"{name}: {path} is not as it should be: {error}") from error


def parse_config(raw: bytes, layers: Sequence[Layer], name: str, path: str) -> Image:
    """Return the image, without names and parent, that has this config and these layers.

    Raises:
        ArchiveError: The config is not as it should be, or does not fit the layers.
    """
    config = decode(raw, _Config, name, path)
    if config.rootfs is not None:
        _check_layers(config.rootfs.diff_ids or [], layers, f"{name}: {path}")
    created = NEVER
    if config.created is not None:
        try:
            created = dates.seconds(config.created)
        except dates.InvalidDateError:
            raise ArchiveError(
                f'{name}: {path} has "created": "{config.created[:_SHOWN]}", no date'
            ) from None
    size = sum(layer.size for layer in layers)
    if size >= 2**63:
        raise ArchiveError(f"{name}: {path} has layers of {size} bytes, which is absurd")
    return Image(
        id=f"sha256:{hashlib.sha256(raw).hexdigest()}",
        parent=None,
        created=created,
        created_text=config.created,
        size=size,
        virtual_size=size,
        labels=None if config.config is None else config.config.labels,
        has_config=config.config is not None,
        config=raw,
        layers=tuple(layers),
    )


def _check_layers(wanted: Sequence[str], layers: Sequence[Layer], where: str) -> None:
    if len(wanted) != len(layers):
        raise ArchiveError(f"{where} does not have as many layers as the manifest says")
    for number, (diff_id, layer) in enumerate(zip(wanted, layers, strict=True), start=1):
        if diff_id != layer.digest:
            raise ArchiveError(
                f"{where} says that layer {number} is {diff_id[:80]}, but it is {layer.digest}"
            )
