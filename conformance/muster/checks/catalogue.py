"""The checks, one small function for each requirement; importing this module registers them."""

from muster.checks import access, http
from muster.checks.listing import (
    all_images,
    answer,
    combined_filters,
    dangling,
    digests,
    errors,
    fields,
    labels,
    names,
    observations,
    other_endpoints,
    parameters,
    sizes,
    times,
)
from muster.checks.planting import concurrency, listed, many, pulled, tags

__all__ = [
    "access",
    "all_images",
    "answer",
    "combined_filters",
    "concurrency",
    "dangling",
    "digests",
    "errors",
    "fields",
    "http",
    "labels",
    "listed",
    "many",
    "names",
    "observations",
    "other_endpoints",
    "parameters",
    "pulled",
    "sizes",
    "tags",
    "times",
]
