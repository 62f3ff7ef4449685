"""Common first steps: the images whose manifests a listing shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from muster.checks import steps
from muster.checks.check import Steps
from muster.checks.steps import Listing
from muster.model import difference
from muster.model.image import Image
from muster.model.manifest import Manifest, shown_manifests
from muster.register.verdict import Departure, Inconclusive

NO_MANIFESTS = (
    "not supported by this engine: no image shows Manifests, as only a store that keeps images of "
    "several platforms whole does"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """An image and its manifests.

    Attributes:
        image: As the full listing with `manifests=1` shows it.
        manifests: Those that it shows.
    """

    image: Image
    manifests: tuple[Manifest, ...]


def images_with_manifests() -> Steps[tuple[Listing, list[Parts]]]:
    """Return the full listing with `manifests=1`, and its images with their manifests.

    An image without `Manifests` has none: an index may be empty.

    Raises:
        Inconclusive: If no image shows any manifest.
    """
    found = yield from steps.recall_listing(steps.ALL_MANIFESTS)
    parts = [Parts(image, shown_manifests(image.raw) or ()) for image in found.images]
    if not any(each.manifests for each in parts):
        raise Inconclusive(NO_MANIFESTS)
    return found, parts


def differs(found: Listing, parts: Parts, message: str, wanted: object, shown: object) -> Departure:
    """Return the departure *message* about an image of *found*."""
    return Departure(f"{parts.image}: {message}", [found.exchange], [f"- {wanted}", f"+ {shown}"])


def manifest_differences(wanted: Sequence[Manifest], shown: Sequence[Manifest]) -> list[str]:
    """Return the differences between two lists of manifests, in whatever order.

    Annotations are left out: a store may know a manifest by several names, and shows one of them.
    """
    missing, unexpected = Counter(wanted) - Counter(shown), Counter(shown) - Counter(wanted)
    lines = [f"- {_words(each)}" for each in missing.elements()]
    lines += [f"+ {_words(each)}" for each in unexpected.elements()]
    return list(difference.truncate(lines))


def _words(manifest: Manifest) -> str:
    there = "available" if manifest.available else "not available"
    return f"{manifest}: {there}, {manifest.content} of {manifest.total} bytes packed"
