"""What a request calls an image, and which image that is.

The contract's rules `name.*`; moby v1.11.2 ``daemon/images.go:GetImageID``, v20.10.24 and later
``daemon/images/image.go:GetImage``: a name by tag or digest, ``latest`` if it has neither; if no
image has that, an Id or as many of its first digits as no other image has. Who has the images finds
them by it: `musterd.listing.source.Images` in memory, `musterd.storage.find` in a database.
"""

from dataclasses import dataclass
from typing import Protocol

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, NotFoundError, RequestError
from musterd.images import reference
from musterd.images.image import Image
from musterd.images.image_id import ImageId
from musterd.images.reference import InvalidReferenceError, Reference, UppercaseError


@dataclass(frozen=True, slots=True)
class ImageName:
    """What to look for.

    Attributes:
        text: As the request wrote it.
        reference: A name by tag or digest, which comes first; None if the text is a whole Id.
        id: An Id or the beginning of one; None if the text cannot be any.
        shown: How messages say it.
    """

    text: str
    reference: Reference | None
    id: ImageId | None
    shown: str

    @classmethod
    def parse(cls, text: str, rules: Rules) -> "ImageName":
        """Read what a request calls an image.

        Raises:
            BadRequestError: It cannot be a name.
            NotFoundError: The same at versions that do not tell the difference.
        """
        image_id = ImageId.parse(text)
        if image_id is not None and image_id.is_whole:
            name, shown = None, str(image_id)
        else:
            try:
                name = reference.parse(text).or_latest
            except InvalidReferenceError as error:
                raise _malformed(text, error, rules) from None
            shown = name.familiar
        return cls(text, name, image_id, text if rules.unknown_if_malformed else shown)

    @property
    def unknown(self) -> NotFoundError:
        """What to raise if there is no such image."""
        return NotFoundError(f"No such image: {self.shown}")


class Finding(Protocol):
    """What has images, and finds one of them."""

    def find(self, name: ImageName) -> Image | None:
        """Return the image of that name, Id, or unambiguous beginning of an Id."""
        ...


def find(images: Finding, text: str, rules: Rules) -> Image:
    """Return the image among *images* that a request calls *text*.

    Raises:
        NotFoundError: There is no such image.
        BadRequestError: *text* cannot be the name of one, at versions that tell the difference.
    """
    name = ImageName.parse(text, rules)
    found = images.find(name)
    if found is None:
        raise name.unknown
    return found


def _malformed(text: str, error: InvalidReferenceError, rules: Rules) -> RequestError:
    """Return the error for a text that cannot be the name of an image."""
    if rules.unknown_if_malformed:
        return NotFoundError(f"No such image: {text}")
    if isinstance(error, UppercaseError) and rules.names_uppercase:
        return BadRequestError(
            f"invalid reference format: repository name ({error.path}) must be lowercase"
        )
    return BadRequestError(str(error))
