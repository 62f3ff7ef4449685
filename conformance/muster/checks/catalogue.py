"""The checks, one small function per requirement; importing this module registers them."""

from muster.checks import access, http, wire
from muster.checks.listing import (
    all_images,
    answer,
    combined_filters,
    dangling,
    digests,
    errors,
    fields,
    instants,
    labels,
    long_filters,
    names,
    observations,
    other_endpoints,
    parameters,
    sizes,
    times,
)
from muster.checks.planting import concurrency, listed, many, pulled, side_effects, tags
from muster.checks.platforms import images_of_platforms, inspecting, manifests
from muster.checks.platforms import parameters as platform_parameters

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
    "images_of_platforms",
    "inspecting",
    "instants",
    "labels",
    "listed",
    "long_filters",
    "manifests",
    "many",
    "names",
    "observations",
    "other_endpoints",
    "parameters",
    "platform_parameters",
    "pulled",
    "side_effects",
    "sizes",
    "tags",
    "times",
    "wire",
]
