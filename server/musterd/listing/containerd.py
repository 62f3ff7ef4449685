"""The catalogue's images as Docker's containerd store has them.

moby v28.5.2 ``daemon/containerd/image_list.go`` and ``image_inspect.go``. Each target is an image
of its own, with the digest of the target as Id. A name is a reference to a target; a name with a
digest counts only where there is none with a tag.
"""

import time
from collections.abc import Hashable, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from musterd.errors import NotFoundError
from musterd.images import dates, target
from musterd.images.image import NEVER, Image
from musterd.images.platform import Platform, of_host, runs
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Manifest, Target
from musterd.listing.lookup import ImageName
from musterd.listing.source import Images

_Labels = Mapping[str, str]
# moby v28.5.2 ``daemon/containerd/image_delete.go``: the name of an image without one.
_DANGLING = "moby-dangling"
# The kinds of listings whose rendered images are kept.
_MOST_RENDERED = 4


class ContainerdImage(Image, frozen=True, kw_only=True):
    """An image of the containerd store.

    Attributes:
        stored: The Id of the catalogue's image.
        target: What its names point to; None if the source did not say it.
        best: The manifest that a listing shows: the one for this machine, if there is one. None if
            there is no image.
        labels_of_all: The labels of every config that is here.
    """

    stored: str
    target: Target | None = None
    best: Manifest | None = None
    labels_of_all: tuple[_Labels, ...] = ()

    def label_sets(self) -> tuple[_Labels, ...]:
        """Return the labels that conditions apply to: those of any platform."""
        return self.labels_of_all

    def references(self) -> tuple[Reference, ...]:
        """Return the names in the store: an image without any has one that is not shown."""
        return self.tags or (Reference(_DANGLING, digest=self.id),)

    def was_stored_before(self, moment: int) -> bool:
        """Tell whether it was stored before *moment*, in nanoseconds since 1970.

        It counts as stored just now if that is unknown.
        """
        known = None if self.target is None else self.target.stored
        return (time.time_ns() if known is None else known) < moment

    def descriptor(self, tags: Iterable[Reference]) -> Descriptor | None:
        """Return the reference to the target under the last of *tags*; None if it is unknown."""
        if self.target is None:
            return None
        last = max(tags, key=lambda tag: tag.full, default=None)
        return self.target.described(None if last is None else last.familiar)

    @property
    def has_image(self) -> bool:
        """Whether it is an image, as far as the source says."""
        return self.best is not None or self.target is None or not self.target.manifests

    @property
    def is_absent(self) -> bool:
        """Whether the content of the image is known to be missing."""
        manifests = () if self.target is None else self.target.manifests
        return bool(manifests) and not any(each.available for each in manifests)


class ContainerdImages(Images):
    """Images of the containerd store, in memory."""

    def __init__(self, images: Iterable[ContainerdImage], revision: int = 0) -> None:
        known = list(images)
        super().__init__(known, revision)
        self.by_id: Mapping[str, ContainerdImage] = {image.id: image for image in known}
        # By what a listing depends on, the rendered images by Id.
        self._rendered: dict[Hashable, dict[str, bytes]] = {}

    def rendered(self, key: Hashable) -> dict[str, bytes]:
        """Return the images that were rendered for listings of the same kind, to add others."""
        if key not in self._rendered and len(self._rendered) >= _MOST_RENDERED:
            self._rendered.clear()
        return self._rendered.setdefault(key, {})

    def keep(self, older: "ContainerdImages") -> None:
        """Keep what was rendered of the images that are still the same objects."""
        same = {name for name, image in self.by_id.items() if older.by_id.get(name) is image}
        self._rendered = {
            key: {name: texts[name] for name in texts.keys() & same}
            for key, texts in older._rendered.items()  # noqa: SLF001  # of the same class
        }

    def find(self, name: ImageName) -> Image | None:
        """Return the image with that name, Id, or unambiguous prefix of an Id."""
        found = super().find(name)
        wanted = name.reference
        if found is not None or wanted is None or wanted.digest is None:
            return found
        # A name with a digest is found if the image has another name of the same repository.
        image = self.by_id.get(wanted.digest)
        repositories = () if image is None else (tag.repository for tag in image.tags)
        return image if wanted.repository in repositories else None


def in_style(images: Iterable[Image], revision: int, *, old: bool) -> ContainerdImages:
    """Return the images of the catalogue as the containerd store has them.

    Args:
        images: Everything in the catalogue, with targets.
        revision: The revision of the catalogue.
        old: Whether as in Docker 28: an image whose content is missing is shown like an artifact,
            and conditions on labels apply to attestations too.
    """
    host = of_host()
    return joined((split(image, host, old=old) for image in images), revision)


def joined(images: Iterable[Iterable[ContainerdImage]], revision: int) -> ContainerdImages:
    """Return the images, each once with all its names.

    Args:
        images: What `split` returns of each image of the catalogue.
        revision: The revision of the catalogue.
    """
    found: dict[str, ContainerdImage] = {}
    for some in images:
        for each in some:
            same = found.get(each.id, each)
            tags = each.tags if same is each else tuple(dict.fromkeys((*same.tags, *each.tags)))
            found[each.id] = each if same is each else replace(each, tags=tags)
    return ContainerdImages(found.values(), revision)


def split(image: Image, host: Platform, *, old: bool) -> Iterator[ContainerdImage]:
    """Yield what the containerd store has of one image of the catalogue.

    Args:
        image: The image.
        host: The platform of this machine.
        old: As for `in_style`.
    """
    if not image.targets:
        known = (image.labels or {},)
        yield _made(image, None, image.tags or image.digests, None, known, image.labels)
        return
    names = _names(image)
    is_named = any(names.values())
    for each in image.targets:
        own = names[each.digest]
        # A target without a name stands only for an image that has none at all.
        if own or not is_named:
            best = _best(each.manifests, host, old=old)
            yield _shown(image, each, tuple(own), best, old=old)


def _names(image: Image) -> Mapping[str, list[Reference]]:
    """Return the names of each target, by its digest."""
    first = image.targets[0].digest
    owners = {name: each.digest for each in image.targets for name in each.names}
    names: dict[str, list[Reference]] = {each.digest: [] for each in image.targets}
    for tag in image.tags:
        names[owners.get(tag.familiar, first)].append(tag)
    for name in image.digests:
        if name.digest is not None and not names.get(name.digest, (name,)):
            names[name.digest].append(name)
    return names


def _best(manifests: Iterable[Manifest], host: Platform, *, old: bool) -> Manifest | None:
    images = [each for each in manifests if each.kind == target.IMAGE]
    if len(images) == 1 and images[0].available:
        return images[0]
    here = [each for each in images if each.available]
    for each in here:
        if runs(platform_of(each), host):
            return each
    return next(iter(here or (() if old else images)), None)


def platform_of(manifest: Manifest) -> Platform:
    """Return the platform of an image."""
    known = manifest.platform or {}
    return Platform(*(known.get(name) or "" for name in ("os", "architecture", "variant")))


def of_platform(image: ContainerdImage, wanted: Platform, name: str) -> ContainerdImage:
    """Return an image with the manifest for a platform as the one to show.

    Args:
        image: The image.
        wanted: The platform.
        name: The name of the image in messages.

    Raises:
        NotFoundError: It has none for it.
    """
    manifests = () if image.target is None else image.target.manifests
    for each in manifests:
        if each.kind == target.IMAGE and each.available and runs(platform_of(each), wanted):
            return replace(image, best=each)
    raise NotFoundError(
        f"image with reference {name} was found but does not provide the specified platform "
        f"({wanted})"
    )


def _shown(
    image: Image,
    of: Target,
    names: tuple[Reference, ...],
    best: Manifest | None,
    *,
    old: bool,
) -> ContainerdImage:
    is_own = best is not None and best.available and best.image in {None, image.id}
    if not of.manifests or (is_own and len(of.manifests) == 1):
        return _made(image, of, names, best, (image.labels or {},), image.labels)
    kinds = (target.IMAGE, target.ATTESTATION) if old else (target.IMAGE,)
    configs = [
        _Config.of(each, image) for each in of.manifests if each.available and each.kind in kinds
    ]
    shown = None if best is None else _Config.of(best, image)
    made = _made(
        image,
        of,
        names,
        best,
        tuple(each.labels or {} for each in configs),
        None if shown is None else shown.labels,
    )
    created = None if shown is None else shown.created
    if is_own:
        return made
    if created is None:
        return replace(made, created=NEVER, created_text=None)
    return replace(made, created=dates.seconds(created), created_text=created)


def _made(  # noqa: PLR0917  # private, and each has another type
    image: Image,
    of: Target | None,
    names: tuple[Reference, ...],
    best: Manifest | None,
    labels_of_all: tuple[_Labels, ...],
    labels: _Labels | None,
) -> ContainerdImage:
    size = image.virtual_size if of is None or not of.manifests else of.size
    return ContainerdImage(
        id=image.id if of is None else of.digest,
        parent=image.parent if of is None else of.parent,
        created=image.created,
        created_text=image.created_text,
        size=size,
        virtual_size=size,
        labels=labels,
        tags=names,
        own_order=False,
        layers=image.layers,
        shared_size=image.shared_size,
        containers=image.containers,
        not_image=image.not_image,
        stored=image.id,
        target=of,
        best=best,
        labels_of_all=labels_of_all,
    )


class _Inner(msgspec.Struct, rename="pascal"):
    labels: dict[str, str] | None = None


class _Config(msgspec.Struct):
    """What matters here of an image config."""

    created: str | None = None
    config: _Inner | None = None

    @property
    def labels(self) -> _Labels | None:
        return None if self.config is None else self.config.labels

    @classmethod
    def of(cls, manifest: Manifest, image: Image) -> "_Config":
        """Return the config of a manifest; that of the catalogue's image is with *image*."""
        if manifest.config is not None:
            return msgspec.json.decode(manifest.config, type=cls)
        if manifest.image == image.id or (manifest.image is None and manifest.kind == target.IMAGE):
            inner = _Inner(None if image.labels is None else dict(image.labels))
            return cls(image.created_text, inner)
        return cls()


def digests(image: ContainerdImage, tags: Iterable[Reference]) -> list[str]:
    """Return the digest of an image under each repository of *tags*, in the order of names."""
    ordered = sorted(tags, key=lambda tag: tag.full)
    # A repository stands where its last name does.
    names = {tag.repository: None for tag in ordered}
    return [Reference(name, digest=image.id).familiar for name in names]
