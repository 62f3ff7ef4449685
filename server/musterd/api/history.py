"""The response to ``GET /images/{name}/history``: the steps in which an image was made.

The contract's rules `history.*`; moby v20.10.24 ``daemon/images/image_history.go:ImageHistory``.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from musterd.contract.models import HistoryItem
from musterd.contract.rules import Rules
from musterd.errors import InconsistentImageError
from musterd.images import dates
from musterd.images.image import Image, Layer
from musterd.listing.render import show_tags

# The Id of a step without its own image.
_MISSING = "<missing>"
_UNKNOWN = "known from a listing, which has no history"


class _Step(msgspec.Struct):
    """A step in the `history` of an image config."""

    created: str | None = None
    created_by: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class _Config(msgspec.Struct):
    """The member of an image config with the history."""

    history: list[_Step] | None = None


def answer(image: Image, lineage: Iterable[Image], rules: Rules) -> bytes:
    """Return the body of the response.

    Args:
        image: The image, with its config and its layers if they are known.
        lineage: The image and its ancestors, the youngest first. No more of them are read than the
            history has steps.
        rules: The rules of the request's API version.

    Raises:
        InconsistentImageError: The config has more steps with layers than it has layers.
    """
    items = [_unknown(image)] if image.config is None else _items(image.config, image.layers, rules)
    for item, member in zip(items, lineage, strict=False):
        item.id = member.id
        item.tags = show_tags(member, member.tags, rules) or None
    return msgspec.json.encode(items) + b"\n"


def _items(config: bytes, layers: Sequence[Layer] | None, rules: Rules) -> list[HistoryItem]:
    """Return the steps, the last one first, without Ids and tags."""
    try:
        steps = msgspec.json.decode(config, type=_Config).history or []
    except msgspec.ValidationError:
        # Only configs that an older musterd loaded can have another form of history.
        return []
    sizes = iter(layers or ())
    return [_item(step, sizes, rules) for step in steps][::-1]


def _item(step: _Step, sizes: Iterator[Layer], rules: Rules) -> HistoryItem:
    size = 0
    if not step.empty_layer:
        layer = next(sizes, None)
        if layer is None:
            raise InconsistentImageError("too many non-empty layers in History section")
        size = layer.size
    return HistoryItem(
        id=_MISSING,
        created=_seconds(step.created, rules),
        created_by=step.created_by or "",
        tags=None,
        size=size,
        comment=step.comment or "",
    )


def _seconds(created: str | None, rules: Rules) -> int:
    try:
        return rules.undated if created is None else dates.seconds(created)
    except dates.InvalidDateError:
        return rules.undated


def _unknown(image: Image) -> HistoryItem:
    """Return the only step of an image that came without a config."""
    return HistoryItem(
        id=image.id,
        created=image.created,
        created_by="",
        tags=None,
        size=image.virtual_size,
        comment=_UNKNOWN,
    )
