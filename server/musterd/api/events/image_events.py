"""The events that the operations record.

Their form is that of moby v20.10.24 ``daemon/images/image_events.go:LogImageEvent``.
"""

import time
from collections.abc import Mapping
from types import MappingProxyType

from musterd.images.event import Event

# The most characters of labels in an event, which is stored: larger ones are left out.
MOST_LABELS = 8_192

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


def about(
    action: str, image_id: str, labels: Mapping[str, str] = _NO_LABELS, name: str | None = None
) -> Event:
    """Return an event about an image, which happens now.

    Args:
        action: What happens.
        image_id: The Id of the image.
        labels: Its labels, which are left out if they are very large.
        name: The name that the event is about; None for the Id.
    """
    if sum(len(key) + len(value) for key, value in labels.items()) > MOST_LABELS:
        labels = _NO_LABELS
    attributes = {**labels, "name": image_id if name is None else name}
    return Event(action, image_id, attributes, time.time_ns())


def pruned(reclaimed: int) -> Event:
    """Return the event of a prune that has freed some bytes, which happens now."""
    return Event("prune", "", {"reclaimed": str(reclaimed)}, time.time_ns())
