"""Find the image that a request names.

The contract's rules `name.*`; moby v1.11.2 ``daemon/images.go:GetImageID``, v20.10.24 and later
``daemon/images/image.go:GetImage``. Look for a name with a tag or digest first, with ``latest`` if
it has neither; then for an Id, or an unambiguous prefix of one. The search itself is in
`musterd.listing.source.Images` for images in memory, and in `musterd.storage.find` for a database.
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
    """A parsed image name from a request.

    Attributes:
        text: The text in the request.
        reference: The name with a tag or digest, which takes precedence; None if the text is a
            full Id.
        id: The Id or prefix of one; None if the text cannot be an Id.
        shown: The name as messages show it.
    """

    text: str
    reference: Reference | None
    id: ImageId | None
    shown: str

    @classmethod
    def parse(cls, text: str, rules: Rules) -> "ImageName":
        """Parse an image name from a request.

        Raises:
            BadRequestError: The name is malformed.
            NotFoundError: The name is malformed, at versions that do not distinguish this.
        """
        image_id = ImageId.parse(text)
        if image_id is not None and image_id.is_whole:
            name, shown = None, str(image_id)
        else:
            try:
                name = reference.parse(text).or_latest
            except InvalidReferenceError as error:
                raise _malformed(text, error, rules) from None
            shown = name.familiar if name.digest is None else reference.familiar(text)
        return cls(text, name, image_id, text if rules.unknown_if_malformed else shown)

    @classmethod
    def of_reference(cls, name: Reference) -> "ImageName":
        """Build the name of the image that has *name*, and nothing else."""
        return cls(name.full, name, None, name.familiar)

    @classmethod
    def of_id(cls, image_id: ImageId) -> "ImageName":
        """Build the name of the image with an Id, or a prefix of one."""
        return cls(image_id.digits, None, image_id, str(image_id))

    @property
    def unknown(self) -> NotFoundError:
        """The error to raise if no image has this name."""
        return NotFoundError(f"No such image: {self.shown}")


class Finding(Protocol):
    """A collection of images that can be searched by name."""

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        ...


def find(images: Finding, text: str, rules: Rules) -> Image:
    """Return the image that *text* names.

    Raises:
        NotFoundError: There is no such image.
        BadRequestError: *text* is malformed, at versions that distinguish this.
    """
    name = ImageName.parse(text, rules)
    found = images.find(name)
    if found is None:
        raise name.unknown
    return found


def _malformed(text: str, error: InvalidReferenceError, rules: Rules) -> RequestError:
    """Return the error for a malformed name."""
    if rules.unknown_if_malformed:
        return NotFoundError(f"No such image: {text}")
    return BadRequestError(problem(error, rules))


def problem(error: InvalidReferenceError, rules: Rules) -> str:
    """Return the message about a malformed name."""
    if isinstance(error, UppercaseError) and rules.names_uppercase:
        return f"invalid reference format: repository name ({error.path}) must be lowercase"
    return str(error)
