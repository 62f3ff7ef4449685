"""What is wrong with the answer to a drawn query: a pure function of it and of the full listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from muster.checks.steps import Listing
from muster.fuzzing.parts import DrawnQuery
from muster.model import difference
from muster.model.exchange import Exchange, Response
from muster.model.image import Image, NotAListing, listing, shorten
from muster.model.oracle import Oracle
from muster.model.version import ApiVersion

NAMES = ("RepoTags", "RepoDigests", "Descriptor")
"""Members that a query may narrow; the containerd store of Docker has a name in `Descriptor`."""


class FaultKind(Enum):
    """In which way an answer departs."""

    NO_ANSWER = "no answer"
    ACCEPTED = "a mistake is not refused"
    NO_LISTING = "an answer that is no listing"
    MEDIA_TYPE = "another media type"
    NULL = "null for an empty array"
    IMAGES = "other images"
    TAGS = "other tags"
    FIELDS = "other members"
    REPEATED = "an image twice"
    ORDER = "another order"


def alike(one: FaultKind, other: FaultKind) -> bool:
    """Whether the same mistake of a server may show in both ways."""
    return one is other or {one, other} == {FaultKind.IMAGES, FaultKind.TAGS}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer.

    Attributes:
        kind: In which way.
        message: In one sentence.
        difference: Lines that begin with `-` (expected) and `+` (came).
    """

    kind: FaultKind
    message: str
    difference: tuple[str, ...] = ()


def fault(
    query: DrawnQuery, exchange: Exchange, everything: Listing, version: ApiVersion
) -> Fault | None:
    """Return what is wrong with *exchange*, the answer to *query*; None for a correct one.

    Args:
        query: What was asked.
        exchange: The answer.
        everything: The full listing of the same moment.
        version: The API version that was asked.
    """
    response, target = exchange.response, query.request.target
    if response is None:
        return Fault(FaultKind.NO_ANSWER, f"no answer came to GET {target}: {exchange.error}")
    if not query.meanings:
        return None if response.is_error else _accepted(target, response)
    if response.is_error and query.refusable:
        return None
    try:
        images = listing(response)
    except NotAListing as error:
        return Fault(FaultKind.NO_LISTING, f"GET {target}: a listing was expected, but {error}")
    return (
        _of_answer(target, response)
        or _of_images(query, images, everything.oracle, version)
        or _of_form(target, images, everything.images)
    )


def _accepted(target: str, response: Response) -> Fault:
    return Fault(
        FaultKind.ACCEPTED,
        f"GET {target} is a mistake, and is not answered with an error",
        ("- status 400", f"+ status {response.status}: {shorten(response.text, 60)}"),
    )


def _of_answer(target: str, response: Response) -> Fault | None:
    """Return what is wrong with a listing before it is read."""
    if response.media_type != "application/json":
        shown = response.media_type or "absent"
        return Fault(FaultKind.MEDIA_TYPE, f"GET {target}: the Content-Type is {shown}")
    if response.body.strip() == b"null":
        return Fault(FaultKind.NULL, f"GET {target} is answered with null", ("- []", "+ null"))
    return None


def _of_images(
    query: DrawnQuery, got: Sequence[Image], oracle: Oracle, version: ApiVersion
) -> Fault | None:
    """Images or tags that no meaning of *query* implies."""
    target = query.request.target
    answers = [each for meaning in query.meanings for each in oracle.expected(meaning, version)]
    lines = difference.smallest(answers, got, difference.image_differences)
    if lines:
        return Fault(FaultKind.IMAGES, f"GET {target} {difference.OTHER_IMAGES}", lines)
    same = [answer for answer in answers if not difference.image_differences(answer, got)]
    lines = difference.smallest(same, got, difference.tag_differences)
    if lines:
        return Fault(FaultKind.TAGS, f"GET {target} {difference.OTHER_TAGS}", lines)
    return None


def _of_form(target: str, got: Sequence[Image], full: Sequence[Image]) -> Fault | None:
    """Return what is wrong with the images whatever the query was."""
    for identifier, count in Counter(image.id for image in got).items():
        if count > 1:
            return Fault(FaultKind.REPEATED, f"GET {target} lists {identifier} {count} times")
    for before, after in pairwise(got):
        if before.created is None or after.created is None or before.created >= after.created:
            continue
        message = f"GET {target} lists {after}, which was created later, behind {before}"
        return Fault(FaultKind.ORDER, message)
    lines = difference.field_differences(full, got, without=NAMES)
    if lines:
        message = f"GET {target} shows images with other members than the full listing"
        return Fault(FaultKind.FIELDS, message, difference.truncate(lines))
    return None
