"""The response to ``GET /system/df``: the space that images take.

The contract's rules `df.*`; moby v20.10.24 and v28.5.2
``api/server/router/system/system_routes.go:getDiskUsage``, and ``daemon/server/router/system`` on
moby's development branch of August 2026 from 1.52 on. There are no containers, volumes or builds.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import msgspec

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError
from musterd.images.image import Image
from musterd.listing import render
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.layer_use import LayerUse
from musterd.listing.query import ListQuery
from musterd.listing.select import select
from musterd.listing.source import Images

_IMAGES = "image"
# The kinds of objects, with the name of their list, and of their summary.
_KINDS = {
    _IMAGES: ("Images", "ImageUsage"),
    "container": ("Containers", "ContainerUsage"),
    "volume": ("Volumes", "VolumeUsage"),
    "build-cache": ("BuildCache", "BuildCacheUsage"),
}
# The texts that Go's strconv.ParseBool accepts.
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def kinds(types: Sequence[str]) -> Collection[str]:
    """Return the kinds of objects to count; all of them if the request names none.

    Raises:
        BadRequestError: One of *types* is not a kind of object.
    """
    for each in types:
        if each not in _KINDS:
            raise BadRequestError(f"unknown object type: {each}")
    return frozenset(types or _KINDS)


def detail(verbose: str) -> bool | None:
    """Parse `verbose`; None if the request does not have it.

    Raises:
        BadRequestError: It is not a boolean.
    """
    if not verbose:
        return None
    if verbose not in _TRUE | _FALSE:
        raise BadRequestError(f"invalid value for verbose: {verbose}")
    return verbose in _TRUE


def answer(
    images: Iterable[Image],
    wanted: Collection[str],
    rules: Rules,
    *,
    verbose: bool | None = None,
    deadline: Deadline = UNLIMITED,
) -> bytes:
    """Return the body of the response.

    Args:
        images: All images, with their layers.
        wanted: The kinds of objects to count.
        rules: The rules of the request's API version.
        verbose: The parameter `verbose`; None if the request does not have it.
        deadline: The time limit.

    Raises:
        UnavailableError: The time is over.
    """
    source = Images(deadline.over(images) if _IMAGES in wanted else ())
    size = LayerUse(source.all(), deadline).size
    items = dict.fromkeys(wanted, "[]")
    count = 0
    if _IMAGES in wanted:
        listed = replace(rules, counts=True, counts_containers=True)
        query = ListQuery(digests=True, shared_size=True, null_names=not rules.old_usage)
        pieces = render.pieces(source, query, listed, deadline=deadline)
        items[_IMAGES] = b"".join(pieces).decode().rstrip("\n")
        count = sum(1 for _ in select(source, query, rules, deadline))
    members: dict[str, str] = {}
    if verbose is None:
        members |= _lists(size, items, rules)
    if rules.usage:
        members |= {
            _KINDS[kind][1]: _summary(
                count if kind == _IMAGES else 0,
                size if kind == _IMAGES else 0,
                items[kind] if verbose else None,
            )
            for kind in _KINDS
            if kind in wanted
        }
    text = ",".join(f'"{name}":{value}' for name, value in members.items())
    return f"{{{text}}}\n".encode()


def _lists(size: int, items: dict[str, str], rules: Rules) -> dict[str, str]:
    """Return the members with the lists; unrequested ones are null, or absent from 1.52 on."""
    members = {"LayersSize": str(size)}
    for kind, (name, _) in _KINDS.items():
        if kind in items or not rules.usage:
            members[name] = items.get(kind, "null")
    if rules.old_usage:
        members |= {"BuildCache": "null", "BuilderSize": "0"}
    return members


def _summary(count: int, size: int, items: str | None) -> str:
    # Nothing is in use without containers, so that all can be reclaimed.
    known = {"ActiveCount": 0, "TotalCount": count, "TotalSize": size, "Reclaimable": size}
    text = msgspec.json.encode(known).decode()
    return text if items is None else f'{text[:-1]},"Items":{items}}}'
