"""Pull images that were described instead of being in a registry."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from musterd.errors import NotFoundError
from musterd.images import platform as image_platform
from musterd.images.image import Image, Layer
from musterd.images.platform import Platform
from musterd.images.reference import Reference
from musterd.registry import progress
from musterd.registry.refusals import AbsentError, denied
from musterd.registry.source import Known, Pulled, Report

_UNKNOWN = "manifest unknown: manifest unknown"


class PullableImages:
    """The images that can be pulled without a registry.

    Attributes:
        images: The images. Several may have a name, for different platforms.
    """

    def __init__(self, images: Sequence[Image] = ()) -> None:
        self.images = images

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.images)

    @property
    def repositories(self) -> list[str]:
        """The repositories in which there are names, sorted."""
        return sorted({name.repository for name in self._names()})

    def has_repository(self, repository: str) -> bool:
        """Tell whether an image has a name in a repository."""
        return any(repository == name.repository for name in self._names())

    def tags_of(self, repository: str) -> list[str]:
        """Return the tags of a repository, sorted."""
        return sorted(
            {name.tag for name in self._names() if name.repository == repository and name.tag}
        )

    def named(self, name: Reference) -> list[Image]:
        """Return the images with a name."""
        return [image for image in self.images if name in (*image.tags, *image.digests)]

    def _names(self) -> Iterator[Reference]:
        for image in self.images:
            yield from (*image.tags, *image.digests)


class PullableSource:
    """Described images, as a registry would give them."""

    def __init__(self, pullable: PullableImages) -> None:
        self._pullable = pullable

    async def close(self) -> None:
        """Do nothing: there are no resources."""

    async def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository."""
        if not self._pullable.has_repository(repository):
            raise denied(Reference(repository))
        return self._pullable.tags_of(repository)

    async def find(self, name: Reference) -> None:
        """Look a name up."""
        if not self._pullable.has_repository(name.repository):
            raise denied(name)
        if not self._pullable.named(name):
            raise AbsentError(f"manifest for {name.familiar} not found: {_UNKNOWN}")

    async def check(self, name: Reference, wanted: Platform | None) -> None:
        """Check that a name has an image for a platform."""
        _chosen(self._pullable.named(name), wanted)

    async def get(
        self, name: Reference, wanted: Platform | None, known: Known, report: Report
    ) -> Pulled:
        """Get the image with a name that was found."""
        image = _chosen(self._pullable.named(name), wanted)
        digest = next(each.digest for each in image.digests if each.repository == name.repository)
        bare = None
        if not await known.has(image.id):
            layers = image.layers or ()
            shared = await known.shared_layers([layer.digest for layer in layers])
            for line in _layer_lines(layers, shared):
                await report(line)
            bare = replace(image, tags=(), digests=(), parent=None)
        return Pulled(name, digest or "", image.id, bare)


def _chosen(images: Sequence[Image], wanted: Platform | None) -> Image:
    """Return the image for a platform; the first one if none is asked for, or there is only one."""
    if wanted is None or len(images) == 1:
        return images[0]
    place = image_platform.best(
        [image_platform.of_config(image.config) for image in images], wanted
    )
    if place is None:
        raise NotFoundError(f"no matching manifest for {wanted} in the manifest list entries")
    return images[place]


def _layer_lines(layers: Sequence[Layer], shared: int) -> Iterator[progress.Line]:
    yield from (progress.layer("Already exists", layer.digest) for layer in layers[:shared])
    new = dict.fromkeys(layers[shared:])
    yield from (progress.layer("Pulling fs layer", layer.digest) for layer in new)
    for layer in new:
        done = (layer.digest, layer.size, layer.size)
        yield progress.transfer("Downloading", *done)
        yield progress.layer("Verifying Checksum", layer.digest)
        yield progress.layer("Download complete", layer.digest)
        yield progress.transfer("Extracting", *done)
        yield progress.layer("Pull complete", layer.digest)
