"""Build an image from its description.

Omitted values are derived from the others, so that the same description always gives
the same Id, date, size, layers and digest, in every process and on every machine.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from musterd.errors import SeedError
from musterd.images import dates
from musterd.images.image import Image, Layer
from musterd.images.platform import Platform, of_host, runs
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Manifest, Target
from musterd.seeds.description import ImageDescription
from musterd.seeds.values import json_text

# Derived dates are in 2024, and derived layers have 1 to 100 MB.
_FIRST = 1_704_067_200
_YEAR = 365 * 24 * 60 * 60
_HOUR = 60 * 60
_SMALLEST, _RANGE = 1_000_000, 99_000_000
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


def build(description: ImageDescription, parent: Image | None) -> Image:
    """Return the described image.

    Args:
        description: The description.
        parent: The image that `description.parent` names, with its layers and its config.

    Raises:
        SeedError: The image is smaller than its parent.
    """
    variants = [_variant(description, each, parent) for each in description.platforms]
    first = variants[0]
    if len(variants) == 1:
        digest = _sha256(_manifest(first))
        return replace(first, digests=_digests(description, digest))
    index, manifests = _index(variants, description.platforms)
    derived = _sha256(index)
    digest = description.digest if isinstance(description.digest, str) else derived
    top = Descriptor(media_type=_INDEX, digest=digest, size=len(index))
    return replace(
        first,
        digests=_digests(description, digest),
        targets=(Target(descriptor=top, manifests=manifests),),
    )


def _variant(description: ImageDescription, platform: Platform, parent: Image | None) -> Image:
    """Return the described image for one platform, without digests."""
    seed = _seed(description, platform, parent)
    below = _layers_of(parent)
    own = _own_size(description, parent, seed)
    layers = (*below, Layer(_sha256(f"layer {seed}"), own)) if own else below
    size = sum(layer.size for layer in layers)
    created = description.created or _created(parent, seed)
    config = json_text(
        _config(description, platform, parent, created, layers, is_empty=not own), "config"
    )
    return Image(
        id=_sha256(config),
        parent=None if parent is None else parent.id,
        created=dates.seconds(created),
        created_text=created,
        size=size,
        virtual_size=size,
        labels=description.labels,
        tags=tuple(name for name in description.names if name.digest is None),
        config=config.encode(),
        layers=layers,
    )


def _seed(description: ImageDescription, platform: Platform, parent: Image | None) -> str:
    """Return a digest of all that the description says of the image for a platform."""
    return _sha256(
        json_text(
            {
                "names": [name.familiar for name in description.names],
                "labels": description.labels,
                "size": description.size,
                "created": description.created,
                "parent": None if parent is None else parent.id,
                "platform": str(platform),
                "config": description.config,
            },
            "config",
        )
    )


def _number(seed: str, purpose: str, below: int) -> int:
    return int(_sha256(f"{purpose} {seed}").removeprefix("sha256:"), 16) % below


def _layers_of(parent: Image | None) -> tuple[Layer, ...]:
    if parent is None:
        return ()
    if parent.layers is not None:
        return parent.layers
    # An image from a listing has layers that the listing did not show.
    return (Layer(_sha256(f"layers of {parent.id}"), parent.virtual_size),)


def _own_size(description: ImageDescription, parent: Image | None, seed: str) -> int:
    below = sum(layer.size for layer in _layers_of(parent))
    if description.size is None:
        return _SMALLEST + _number(seed, "size", _RANGE)
    if description.size < below:
        raise SeedError(
            f"{description.origin} has {description.size} bytes, and its parent has {below}; the "
            "size of an image includes its parent",
            "size",
        )
    return description.size - below


def _created(parent: Image | None, seed: str) -> str:
    """Derive a date, for a child within the hour after that of its parent."""
    if parent is not None:
        after = dates.from_seconds(parent.created + 1 + _number(seed, "created", _HOUR))
        if after is not None:
            return after
    return dates.from_seconds(_FIRST + _number(seed, "created", _YEAR)) or ""


def _config(
    description: ImageDescription,
    platform: Platform,
    parent: Image | None,
    created: str,
    layers: tuple[Layer, ...],
    *,
    is_empty: bool,
) -> dict[str, Any]:
    """Return the image config, in the form of OCI's image-spec, ``config.md``."""
    names = " ".join(name.familiar for name in description.names)
    step = {"created": created, "created_by": f"musterd add {names}".rstrip()}
    labels = {} if description.labels is None else {"Labels": description.labels}
    return {
        "architecture": platform.architecture,
        "config": {**description.config, **labels},
        "created": created,
        "history": [*_history(parent), {**step, "empty_layer": True} if is_empty else step],
        "os": platform.os,
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        **({"variant": platform.variant} if platform.variant else {}),
    }


def _history(parent: Image | None) -> list[Any]:
    if parent is None or parent.config is None:
        return []
    steps = json.loads(parent.config).get("history")
    return steps if isinstance(steps, list) else []


def _digests(description: ImageDescription, derived: str) -> tuple[Reference, ...]:
    """Return the names with a digest: the described one, or *derived* if that is wanted."""
    named = tuple(name for name in description.names if name.digest is not None)
    if description.digest is False:
        return named
    digest = derived if description.digest is True else description.digest
    repositories = dict.fromkeys(name.repository for name in description.names)
    new = (Reference(repository, digest=digest) for repository in repositories)
    return tuple(dict.fromkeys((*named, *new)))


def _manifest(image: Image) -> str:
    """Return the manifest of an image, in the form of OCI's image-spec, ``manifest.md``."""
    config = image.config or b""
    content = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {"mediaType": _CONFIG, "digest": image.id, "size": len(config)},
        "layers": [
            {"mediaType": _LAYER, "digest": layer.digest, "size": layer.size}
            for layer in image.layers or ()
        ],
    }
    return json_text(content, "config")


def _index(
    images: Sequence[Image], platforms: Sequence[Platform]
) -> tuple[str, tuple[Manifest, ...]]:
    """Return the index of images for several platforms, and what it refers to.

    Layers are as large packed as unpacked. Only those for this machine are unpacked, as when a
    daemon loads an archive.
    """
    manifests = tuple(map(_described, images, platforms))
    content = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [msgspec.to_builtins(each.descriptor) for each in manifests],
    }
    # The catalogue's image, which is the first, has its config already.
    return json_text(content, "config"), (replace(manifests[0], config=None), *manifests[1:])


def _described(image: Image, platform: Platform) -> Manifest:
    raw = _manifest(image)
    config = image.config or b""
    layers = image.layers or ()
    known = {"architecture": platform.architecture, "os": platform.os}
    if platform.variant:
        known["variant"] = platform.variant
    snapshots = tuple(layer.size for layer in layers) if runs(platform, of_host()) else ()
    return Manifest(
        descriptor=Descriptor(
            media_type=_MANIFEST, digest=_sha256(raw), size=len(raw), platform=known
        ),
        content=len(raw) + len(config) + image.size,
        unpacked=sum(snapshots),
        snapshots=snapshots,
        blobs=((image.id, len(config)), *((layer.digest, layer.size) for layer in layers)),
        platform=known,
        image=image.id,
        config=config.decode(),
    )


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
