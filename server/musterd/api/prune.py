"""Deletion of unused images by ``POST /images/prune``.

The contract's rules `prune.*`; moby v20.10.24 ``daemon/images/image_prune.go:ImagesPrune``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musterd.api import removal
from musterd.api.removal import Deleted, Removed, Removing
from musterd.contract.rules import Rules
from musterd.errors import ConflictError, NotFoundError, TimestampError
from musterd.images.image import Image
from musterd.images.image_id import ImageId
from musterd.listing import filters, labels
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.labels import LabelCondition
from musterd.listing.lookup import ImageName
from musterd.listing.source import Candidate

# The filters.
KEYS = frozenset({"dangling", "label", "label!", "until"})


@dataclass(frozen=True, slots=True)
class PruneConditions:
    """The conditions in `filters`.

    Attributes:
        all: Whether to delete images with tags too.
        until: A time in nanoseconds since 1970; images created later are kept. None for no limit.
        labels: The labels that an image must have; None for no condition.
        not_labels: Labels that an image must not have all of; None for no condition.
    """

    all: bool = False
    until: int | None = None
    labels: tuple[LabelCondition, ...] | None = None
    not_labels: tuple[LabelCondition, ...] | None = None

    @classmethod
    def parse(cls, text: str, rules: Rules, now: int) -> "PruneConditions":
        """Parse `filters`.

        Args:
            text: The value of the parameter.
            rules: The rules of the request's API version.
            now: The current time, in nanoseconds since 1970.

        Raises:
            BadRequestError: It is invalid.
        """
        found = filters.conditions(text, KEYS, rules)
        every = "dangling" in found and not filters.strict_dangling(found["dangling"], rules)
        if len(found.get("until", ())) > 1:
            raise TimestampError("more than one until filter specified")
        times = [filters.until(each, now, rules) for each in found.get("until", ())]
        return cls(
            all=every,
            until=next(iter(times), None),
            labels=labels.labels(found["label"]) if "label" in found else None,
            not_labels=labels.labels(found["label!"]) if "label!" in found else None,
        )

    def admit(self, image: Image) -> bool:
        """Tell whether *image* meets the conditions, apart from its names."""
        created = image.created_nanoseconds
        if self.until is not None and created is not None and created > self.until:
            return False
        if not image.has_config:
            return True
        labels = image.labels or {}
        wanted, unwanted = self.labels, self.not_labels
        return (wanted is None or all(each.admits(labels) for each in wanted)) and (
            unwanted is None or not all(each.admits(labels) for each in unwanted)
        )


def prune(
    transaction: Removing,
    candidates: Iterable[Candidate],
    conditions: PruneConditions,
    deadline: Deadline = UNLIMITED,
) -> list[Removed]:
    """Delete the images that meet *conditions*, and return what was removed, in order.

    Args:
        transaction: The catalogue.
        candidates: All its images, newest first.
        conditions: The conditions.
        deadline: The time limit.

    Raises:
        UnavailableError: The time is over; the caller must roll back.
    """
    removed: list[Removed] = []
    for candidate in deadline.over(candidates):
        if _is_unused(candidate, conditions) and conditions.admit(candidate.entry.image):
            for name in _names(candidate.entry.image):
                deadline.check()
                removed += _remove(transaction, name)
    return removed


def deleted_ids(removed: Iterable[Removed]) -> list[str]:
    """Return the Ids of the deleted images."""
    return [each.id for each in removed if isinstance(each, Deleted)]


def _is_unused(candidate: Candidate, conditions: PruneConditions) -> bool:
    image = candidate.entry.image
    if candidate.has_children and not (conditions.all and (image.tags or image.digests)):
        return False
    return conditions.all or not image.tags


def _names(image: Image) -> Sequence[ImageName]:
    """Return the names to remove: all of them, or the Id of an image without any."""
    names = sorted((*image.tags, *image.digests), key=lambda name: name.full)
    if not names:
        return [ImageName.of_id(ImageId.of(image.id))]
    return [ImageName.of_reference(name) for name in names]


def _remove(transaction: Removing, name: ImageName) -> list[Removed]:
    try:
        return removal.remove(transaction, name, force=False, prune=True)
    except (ConflictError, NotFoundError):
        # Still needed, or gone together with another.
        return []
