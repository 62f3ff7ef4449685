"""The checks, one small function for each requirement; importing this package registers them."""

from muster.checks import (
    all_images,
    answer,
    combination,
    dangling,
    digests,
    fields,
    http,
    label,
    mistakes,
    name,
    parameters,
    planted,
    time,
)

__all__ = [
    "all_images",
    "answer",
    "combination",
    "dangling",
    "digests",
    "fields",
    "http",
    "label",
    "mistakes",
    "name",
    "parameters",
    "planted",
    "time",
]
