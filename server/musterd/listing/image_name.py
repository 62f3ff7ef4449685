"""What a request that changes an image calls it, for the store to look up.

It is found as `musterd.lookup` finds one to be shown.
"""

import re
from dataclasses import dataclass, replace

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError
from musterd.images import reference
from musterd.images.reference import InvalidReferenceError, Reference
from musterd.listing import lookup

_ID = re.compile(r"(?:sha256:)?(?P<digits>[0-9a-f]{64})")
_PREFIX = re.compile(r"(?:sha256:)?(?P<digits>[0-9a-f]{1,64})")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_LATEST = "latest"
_ALGORITHM = "sha256"


@dataclass(frozen=True, slots=True)
class ImageName:
    """What to look for."""

    #: As the request wrote it.
    text: str
    #: A name by tag or digest, which comes first; None for a whole Id.
    reference: Reference | None
    #: The first digits of an Id; None where the text cannot be any.
    id_prefix: str | None
    #: How messages say it.
    shown: str


def parse(text: str, rules: Rules) -> ImageName:
    """Read what a request calls an image.

    Raises:
        BadRequestError: It cannot be a name.
        NotFoundError: The same at versions that do not tell the difference.
    """
    if not text.strip():
        raise BadRequestError("image name cannot be blank")
    if whole := _ID.fullmatch(text):
        found = ImageName(text, None, whole["digits"], f"{_ALGORITHM}:{whole['digits']}")
    else:
        try:
            name = _with_tag(reference.parse(text))
        except InvalidReferenceError as error:
            raise lookup.malformed(text, error, rules) from None
        start = _PREFIX.fullmatch(text)
        found = ImageName(text, name, start["digits"] if start else None, name.familiar)
    return replace(found, shown=text) if rules.unknown_if_malformed else found


def parse_new(repository: str, tag: str) -> Reference:
    """Put together the name that an image is to get.

    moby v20.10 ``daemon/images/image_tag.go:TagImage``, ``reference/store.go:AddTag``.

    Raises:
        BadRequestError: It cannot be a name, or not one with a tag.
    """
    try:
        name = reference.parse(repository)
    except InvalidReferenceError as error:
        raise BadRequestError(str(error)) from None
    if tag:
        if _TAG.fullmatch(tag) is None:
            raise BadRequestError("invalid tag format")
        name = Reference(name.repository, tag=tag)
    if name.digest is not None:
        raise BadRequestError("refusing to create a tag with a digest reference")
    if name.repository == _ALGORITHM:
        raise BadRequestError("refusing to create an ambiguous tag using digest algorithm as name")
    return _with_tag(name)


def _with_tag(name: Reference) -> Reference:
    has_either = name.tag is not None or name.digest is not None
    return name if has_either else Reference(name.repository, tag=_LATEST)
