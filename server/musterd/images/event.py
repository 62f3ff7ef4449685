"""Events: what happened to images."""

from collections.abc import Mapping

import msgspec


class Event(msgspec.Struct, frozen=True):
    """A change of an image, as clients can follow it.

    Attributes:
        action: What happened: ``load``, ``pull``, ``push``, ``tag``, ``untag``, ``delete`` or
            ``prune``.
        actor: The Id of the image, or its name for a pull or push; empty for a prune.
        attributes: What is known about it: ``name`` and the labels.
        time: When it happened, in nanoseconds since 1970.
    """

    action: str
    actor: str
    attributes: Mapping[str, str]
    time: int
