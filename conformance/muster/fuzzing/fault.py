"""Finds the fault in the answer to a drawn query: a pure function of both and the full listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from muster.checks.steps import Listing
from muster.fuzzing.parts import DrawnQuery
from muster.model import diagnosis, difference
from muster.model.exchange import Exchange, Response
from muster.model.image import Image, NotAListing, listing, shorten
from muster.model.oracle import Oracle
from muster.model.version import ApiVersion

NAMES = ("RepoTags", "RepoDigests", "Descriptor")
"""Members that a query may narrow; the containerd store of Docker has a name in `Descriptor`."""


class FaultKind(Enum):
    """How an answer departs."""

    NO_ANSWER = "no answer"
    ACCEPTED = "a mistake is not refused"
    NO_LISTING = "a response that is not a listing"
    MEDIA_TYPE = "another media type"
    NULL = "null for an empty array"
    IMAGES = "other images"
    UNLISTED = "an image that the full listing leaves out"
    TAGS = "other tags"
    FIELDS = "other members"
    REPEATED = "an image twice"
    ORDER = "another order"


def alike(one: FaultKind, other: FaultKind) -> bool:
    """Whether one mistake of a server may show as either kind."""
    return one is other or {one, other} == {FaultKind.IMAGES, FaultKind.TAGS}


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault of an answer.

    Attributes:
        kind: How the answer departs.
        message: The fault in one sentence.
        difference: Lines that begin with `-` (expected) and `+` (got).
    """

    kind: FaultKind
    message: str
    difference: tuple[str, ...] = ()


def fault(
    query: DrawnQuery, exchange: Exchange, everything: Listing, version: ApiVersion
) -> Fault | None:
    """Return the fault of *exchange*, the answer to *query*; None if it is correct.

    Args:
        query: The query.
        exchange: The answer.
        everything: The full listing at the same moment.
        version: The API version of the request.
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
        or _unlisted(target, images, everything.images)
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
    """Return the fault of a listing that shows before its images are read."""
    if response.media_type != "application/json":
        shown = response.media_type or "absent"
        return Fault(FaultKind.MEDIA_TYPE, f"GET {target}: the Content-Type is {shown}")
    if response.body.strip() == b"null":
        return Fault(FaultKind.NULL, f"GET {target} is answered with null", ("- []", "+ null"))
    return None


def _unlisted(target: str, got: Sequence[Image], full: Sequence[Image]) -> Fault | None:
    there = {image.id for image in full}
    for image in got:
        if image.id not in there:
            return Fault(
                FaultKind.UNLISTED,
                f"GET {target} lists {image}, and the full listing does not",
                (f"- {image} with all=1", "+ not listed"),
            )
    return None


def _of_images(
    query: DrawnQuery, got: Sequence[Image], oracle: Oracle, version: ApiVersion
) -> Fault | None:
    """Return the fault of images or tags that no meaning of *query* implies."""
    target = query.request.target
    answers = [each for meaning in query.meanings for each in oracle.expected(meaning, version)]
    lines = difference.smallest(answers, got, difference.image_differences)
    if lines:
        read = [diagnosis.reading(oracle, each, version, got) for each in query.meanings]
        told = "".join(f": {each}" for each in filter(None, read[:1]))
        return Fault(FaultKind.IMAGES, f"GET {target} {difference.OTHER_IMAGES}{told}", lines)
    same = [answer for answer in answers if not difference.image_differences(answer, got)]
    lines = difference.smallest(same, got, difference.tag_differences)
    if lines:
        return Fault(FaultKind.TAGS, f"GET {target} {difference.OTHER_TAGS}", lines)
    return None


def _of_form(target: str, got: Sequence[Image], full: Sequence[Image]) -> Fault | None:
    """Return the fault of images that are wrong for any query."""
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
