"""The response to ``GET /images/{name}/json``: the details of an image.

The contract's rules `inspect.*`; moby v1.11.2 ``daemon/inspect_image.go``, later
``daemon/server/router/image/image_routes.go:getImagesByName``. Members about a daemon's storage are
absent, as there is none. An image imported from a listing shows only what the listing contained: it
has no layers, and only labels in its `Config`.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import msgspec

from musterd.contract.rules import Rules
from musterd.images import dates
from musterd.images.config import members
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.listing import containerd
from musterd.listing.containerd import ContainerdImage
from musterd.listing.manifests import shown as render_manifests
from musterd.listing.render import show_digests, show_tags

# Members that today's images lack, and that newer daemons omit if empty.
_OFTEN_EMPTY = ("Parent", "Comment", "DockerVersion", "Author")


def answer(
    image: Image,
    rules: Rules,
    name: Reference | None = None,
    *,
    manifests: bool = False,
    of_platform: bool = False,
) -> bytes:
    """Return the body of the response.

    Args:
        image: The image, with its config if it is known.
        rules: The rules of the request's API version.
        name: The name in the request.
        manifests: Whether to show the manifests, in the style of the containerd store.
        of_platform: Whether the request selected a platform.
    """
    known: dict[str, Any] = {} if image.config is None else members(image.config)
    size = _size(image, rules)
    shown = {
        "Id": _manifest_of(image) if of_platform else image.id,
        "RepoTags": show_tags(image, image.tags, rules),
        "RepoDigests": _digests(image, rules),
        "Parent": image.parent or "",
        "Comment": known.get("comment") or "",
        **_created(image, known, rules),
        **_container(known, rules),
        "DockerVersion": known.get("docker_version") or "",
        "Author": known.get("author") or "",
        "Config": _config(image, known, rules),
        "Architecture": known.get("architecture") or "",
        **{key: known[name] for key, name in (("Variant", "variant"),) if known.get(name)},
        "Os": known.get("os") or "",
        "Size": size,
        **(
            {"VirtualSize": size if rules.containerd else image.virtual_size}
            if rules.virtual_size
            else {}
        ),
        "RootFS": _layers(known, rules),
    }
    if isinstance(image, ContainerdImage):
        shown |= _described(image, name, rules, manifests=manifests, of_platform=of_platform)
    if rules.omit_empty:
        shown = {key: value for key, value in shown.items() if value or key not in _OFTEN_EMPTY}
    return msgspec.json.encode(shown) + b"\n"


def _digests(image: Image, rules: Rules) -> list[str]:
    if isinstance(image, ContainerdImage):
        return containerd.digests(image, image.tags)
    return show_digests(image.digests, rules)


def _size(image: Image, rules: Rules) -> int:
    """Return the size; in the containerd store, that of the manifest that is shown."""
    if not isinstance(image, ContainerdImage) or image.target is None or not image.target.manifests:
        return image.virtual_size if rules.whole_size else image.size
    if not rules.packed_size:
        return image.size if image.best is None else image.best.size
    if image.best is not None:
        # It counts the index, too.
        own = image.best.descriptor
        known = 0 if own.digest == image.id else image.target.descriptor.size
        return known + image.best.content
    if image.is_absent:
        return image.target.descriptor.size
    return sum(each.content for each in image.target.manifests)


def _manifest_of(image: Image) -> str:
    """Return the digest of the manifest that is shown of an image of the containerd store."""
    if isinstance(image, ContainerdImage) and image.best is not None:
        return image.best.descriptor.digest
    return image.id


def _described(
    image: ContainerdImage,
    name: Reference | None,
    rules: Rules,
    *,
    manifests: bool,
    of_platform: bool,
) -> dict[str, Any]:
    """Return the members that only the containerd store has."""
    if image.target is None:
        return {}
    named = name if name in image.tags else min(image.tags, key=attrgetter("full"), default=None)
    descriptor = image.target.described(None if named is None else named.familiar)
    found: dict[str, Any] = {}
    if manifests and image.target.manifests:
        found["Manifests"] = render_manifests(image.target.manifests, descriptor)
    if of_platform and image.best is not None and _manifest_of(image) != image.id:
        descriptor = image.best.descriptor
    return {"Descriptor": descriptor, **found} if rules.descriptor else found


def _created(image: Image, known: Mapping[str, Any], rules: Rules) -> dict[str, str]:
    if isinstance(image, ContainerdImage) and known.get("created"):
        return {"Created": dates.shortest(known["created"])}
    if image.created_text is not None:
        return {"Created": dates.shortest(image.created_text)}
    text = (
        rules.undated_text
        if image.created_nanoseconds is None
        else dates.from_seconds(image.created)
    )
    return {} if text is None else {"Created": text}


def _container(known: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Return the members about the container that the image was built from."""
    if rules.container_config is None:
        return {}
    if rules.containerd:
        # Docker 29 sends them again, empty.
        return {} if rules.packed_size else {"Container": "", "ContainerConfig": None}
    return {
        "Container": known.get("container") or "",
        "ContainerConfig": {**rules.container_config, **_object(known.get("container_config"))},
    }


def _config(image: Image, known: Mapping[str, Any], rules: Rules) -> dict[str, Any] | None:
    if image.config is None and image.has_config and not rules.containerd:
        return {"Labels": image.labels}
    if not (image.has_config or rules.config_always):
        return None
    config = _object(known.get("config"))
    if rules.config_members is not None:
        config = {key: config[key] for key in config if key in rules.config_members}
    config = {**rules.config_defaults, **config}
    if rules.omit_empty:
        return {key: value for key, value in config.items() if value}
    return config


def _layers(known: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    if not known and rules.containerd:
        return {}
    layers = _object(known.get("rootfs")).get("diff_ids")
    return {"Type": "layers", "Layers": layers} if layers else {"Type": "layers"}


def _object(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, and an empty one otherwise."""
    return value if isinstance(value, dict) else {}
