"""Finding the image that a request names.

The contract's rules `name.*`; moby v1.11.2 ``daemon/images.go:GetImageID``, v20.10.24 and later
``daemon/images/image.go:GetImage``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, NotFoundError, RequestError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.reference import InvalidReferenceError, Reference, UppercaseError

_DEFAULT_TAG = "latest"
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Clue:
    """What the image that a request names must have: one or the other."""

    #: This name.
    name: Reference | None
    #: An Id with these first digits.
    digits: str


def clue(name: str) -> Clue | None:
    """Return what `find` will look for; None if there can be no such image."""
    try:
        wanted = _parse(name)
    except InvalidReferenceError:
        return None
    return Clue(wanted if isinstance(wanted, Reference) else None, digits(name))


def find(images: Iterable[Image], name: str, rules: Rules) -> Image:
    """Return the image that *name* means among *images*.

    It may be a name with a tag, `latest` if there is none, or with a digest; or an Id, or as many
    of its first digits as no other image has.

    Raises:
        NotFoundError: There is no such image.
        BadRequestError: *name* cannot be the name of one, at versions that tell the difference.
    """
    images = list(images)
    try:
        wanted = _parse(name)
    except InvalidReferenceError as error:
        raise malformed(name, error, rules) from None
    if isinstance(wanted, Reference):
        for image in images:
            if wanted in (*image.tags, *image.digests):
                return image
        shown = wanted.familiar
    else:
        shown = f"sha256:{wanted}"
    found = [image for image in images if digits(image.id).startswith(digits(name))]
    if len(found) == 1:
        return found[0]
    raise NotFoundError(f"No such image: {name if rules.unknown_if_malformed else shown}")


def digits(image_id: str) -> str:
    """Return an Id without its algorithm, which some servers leave out, if only of a parent's."""
    return image_id.removeprefix("sha256:")


def _parse(name: str) -> Reference | str:
    """Return a name with a tag or digest, or all digits of an Id."""
    if whole := _ID.fullmatch(name):
        return whole[1]
    wanted = reference.parse(name)
    if wanted.tag is None and wanted.digest is None:
        return replace(wanted, tag=_DEFAULT_TAG)
    return wanted


def malformed(name: str, error: InvalidReferenceError, rules: Rules) -> RequestError:
    """Return the answer to *name*, which is none because of *error*."""
    """Return the error for a text that cannot be the name of an image."""
    if rules.unknown_if_malformed:
        return NotFoundError(f"No such image: {name}")
    if isinstance(error, UppercaseError) and rules.names_uppercase:
        return BadRequestError(
            f"invalid reference format: repository name ({error.path}) must be lowercase"
        )
    return BadRequestError(str(error))
