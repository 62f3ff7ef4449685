"""The response to ``GET /images/{name}/json``: the details of an image.

The contract's rules `inspect.*`; moby v1.11.2 ``daemon/inspect_image.go``, later
``daemon/server/router/image/image_routes.go:getImagesByName``. Members about a daemon's storage are
absent, as there is none. An image imported from a listing shows only what the listing contained: it
has no layers, and only labels in its `Config`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from musterd.contract.rules import Rules
from musterd.images import dates
from musterd.images.image import Image
from musterd.listing.render import show_digests, show_tags

# Members that today's images lack, and that newer daemons omit if empty.
_OFTEN_EMPTY = ("Parent", "Comment", "DockerVersion", "Author")


def answer(image: Image, rules: Rules) -> bytes:
    """Return the body of the response for *image*."""
    known: dict[str, Any] = {} if image.config is None else msgspec.json.decode(image.config)
    shown = {
        "Id": image.id,
        "RepoTags": show_tags(image, image.tags, rules),
        "RepoDigests": show_digests(image.digests, rules),
        "Parent": image.parent or "",
        "Comment": known.get("comment") or "",
        **_created(image, rules),
        **_container(known, rules),
        "DockerVersion": known.get("docker_version") or "",
        "Author": known.get("author") or "",
        "Config": _config(image, known, rules),
        "Architecture": known.get("architecture") or "",
        **{key: known[name] for key, name in (("Variant", "variant"),) if known.get(name)},
        "Os": known.get("os") or "",
        "Size": image.virtual_size if rules.whole_size else image.size,
        **({"VirtualSize": image.virtual_size} if rules.virtual_size else {}),
        "RootFS": _layers(known),
    }
    if rules.omit_empty:
        shown = {key: value for key, value in shown.items() if value or key not in _OFTEN_EMPTY}
    return msgspec.json.encode(shown) + b"\n"


def _created(image: Image, rules: Rules) -> dict[str, str]:
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
    return {
        "Container": known.get("container") or "",
        "ContainerConfig": {**rules.container_config, **_object(known.get("container_config"))},
    }


def _config(image: Image, known: Mapping[str, Any], rules: Rules) -> dict[str, Any] | None:
    if image.config is None and image.has_config:
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


def _layers(known: Mapping[str, Any]) -> dict[str, Any]:
    layers = _object(known.get("rootfs")).get("diff_ids")
    return {"Type": "layers", "Layers": layers} if layers else {"Type": "layers"}


def _object(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, and an empty one otherwise."""
    return value if isinstance(value, dict) else {}
