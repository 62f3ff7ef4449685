"""A transaction that changes a catalogue in the style of Docker's containerd store."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from musterd.images.event import Event
from musterd.images.image import Image
from musterd.images.image_id import digits
from musterd.images.reference import Reference
from musterd.images.target import Manifest, Target, merged
from musterd.listing.containerd import ContainerdImage, ContainerdImages
from musterd.listing.lookup import ImageName
from musterd.storage.containerd_snapshot import ContainerdSnapshot
from musterd.storage.transaction import Transaction


class ContainerdTransaction:
    """A transaction that writes one account's catalogue.

    The methods are those of `musterd.storage.transaction.Transaction`; Ids are digests of targets.
    """

    def __init__(self, transaction: Transaction, images: ContainerdImages) -> None:
        self._transaction = transaction
        self._images = dict(images.by_id)
        self._found = images
        # By the digest of a target, the Id of the catalogue's image that has it.
        self._stored = {image.id: image.stored for image in self._images.values()}
        self._children = Counter(
            digits(image.parent) for image in self._images.values() if image.parent is not None
        )

    def image(self, image_id: str) -> ContainerdImage:
        """Return an image."""
        return self._images[image_id]

    def find(self, name: ImageName) -> str | None:
        """Return the Id of the image with that name, Id, or unambiguous prefix of an Id."""
        found = self._found.find(name)
        if found is None or found.id not in self._images:
            return None
        names = self._images[found.id].tags
        is_gone = name.reference in found.tags and name.reference not in names
        return None if is_gone else found.id

    def snapshot(self) -> ContainerdSnapshot:
        """Return a view of the images before further changes; close it before making any."""
        return ContainerdSnapshot(self._found, self._transaction.snapshot(), counts_names=False)

    def names(self, image_id: str) -> list[Reference]:
        """Return an image's names, sorted by their full spellings."""
        return sorted(self._images[image_id].tags, key=lambda name: name.full)

    def parent(self, image_id: str) -> str | None:
        """Return the Id of an image's parent, if the parent is in the catalogue."""
        parent = self._images[image_id].parent
        return parent if parent in self._images else None

    def has_children(self, image_id: str) -> bool:
        """Tell whether the image is the parent of another."""
        return self._children[digits(image_id)] > 0

    def labels(self, image_id: str) -> Mapping[str, str]:
        """Return an image's labels."""
        return self._images[image_id].labels or {}

    def record(self, event: Event) -> None:
        """Add an event, and forget the oldest one if there are too many."""
        self._transaction.record(event)

    def add(self, images: Iterable[Image]) -> tuple[list[Image], dict[Reference, str]]:
        """Load *images*; see `musterd.storage.transaction.Transaction.add`.

        The content of a target for several platforms is kept in one place, however it arrives.
        """
        new: list[Image] = []
        moved: dict[Reference, str] = {}
        for each in images:
            image = self._with_content(each)
            stored = self._elsewhere(image)
            if stored is None:
                some, lost = self._transaction.add([image])
                new += some
                moved |= lost
                self._stored |= dict.fromkeys((each.digest for each in image.targets), image.id)
                continue
            self._transaction.add_targets(stored, _with_config(image))
            losers = {tag: self._transaction.tag(stored, tag) for tag in image.tags}
            moved |= {tag: loser for tag, loser in losers.items() if loser is not None}
        return new, moved

    def _with_content(self, image: Image) -> Image:
        """Return an image with the content of its targets that is there already.

        Other images get what they lacked: content is there for all or for none.
        """
        fresh = _available(_with_config(image))
        known = [
            (each.stored, each.target) for each in self._images.values() if each.target is not None
        ]
        for stored, of in known:
            filled = of.with_content(fresh)
            if filled != of:
                self._transaction.add_targets(stored, [filled])
        if all(each.available for of in image.targets for each in of.manifests):
            return image
        there: dict[str, Manifest] = {}
        for stored, of in known:
            config = self._transaction.config(stored)
            own = replace(image, id=stored, config=config, targets=(of,))
            there |= _available(_with_config(own))
        return replace(image, targets=tuple(of.with_content(there) for of in image.targets))

    def _elsewhere(self, image: Image) -> str | None:
        """Return the Id of another stored image that has what this one has, for other platforms."""
        found = (self._stored.get(each.digest) for each in image.targets)
        stored = next((each for each in found if each is not None), None)
        return None if stored is None or digits(stored) == digits(image.id) else stored

    def add_digest(self, target: str, name: Reference) -> None:
        """Give a target a name with its digest."""
        self._transaction.add_digest(self._stored[target], name, move=True)

    def forget_digests(self, stored: str, repository: str) -> None:
        """Take the names with a digest in a repository from an image of the catalogue."""
        for name in self._transaction.names(stored):
            if name.digest is not None and name.repository == repository:
                self._transaction.untag(stored, name)

    def tag(self, image_id: str, tag: Reference) -> str | None:
        """Tag an image; return the stored Id of the image that had the tag, if another had it."""
        image = self._images[image_id]
        of = image.target
        if of is not None:
            first = next(iter(self.names(image_id)), None)
            described = of.described(None if first is None else first.familiar)
            named = replace(of, names={tag.familiar: described.annotations})
            self._keep(image.stored, (*self._others(image), of, named))
        return self._transaction.tag(image.stored, tag)

    def untag(self, image_id: str, name: Reference) -> None:
        """Remove a name from an image."""
        image = self._images[image_id]
        self._transaction.untag(image.stored, name)
        tags = tuple(tag for tag in image.tags if tag != name)
        self._images[image_id] = replace(image, tags=tags)

    def remove(self, image_id: str) -> None:
        """Delete an image; other images may have the same config."""
        image = self._images.pop(image_id)
        if image.parent is not None:
            self._children[digits(image.parent)] -= 1
        others = self._others(image)
        if others:
            self._keep(image.stored, others)
        else:
            self._transaction.remove(image.stored)

    def remove_content(self, manifests: Sequence[Manifest]) -> None:
        """Remove the content of some manifests, which other images may have, too."""
        gone = {each.descriptor.digest for each in manifests}
        gone |= {digest for each in manifests for digest, _ in each.blobs}
        kept: dict[str, list[Target]] = {}
        changed = set()
        for image in self._images.values():
            if image.target is not None:
                left = image.target.without(gone)
                kept.setdefault(image.stored, []).append(left)
                if left != image.target:
                    changed.add(image.stored)
        for stored in changed:
            self._keep(stored, kept[stored])

    def _others(self, image: ContainerdImage) -> list[Target]:
        return [
            each.target
            for each in self._images.values()
            if each.stored == image.stored and each.id != image.id and each.target is not None
        ]

    def _keep(self, stored: str, targets: Iterable[Target]) -> None:
        self._transaction.set_targets(stored, merged(targets))


def _with_config(image: Image) -> tuple[Target, ...]:
    """Return the targets of an image with its config, which otherwise only the image has."""
    config = None if image.config is None else image.config.decode()
    return tuple(
        replace(
            of,
            manifests=tuple(
                replace(each, config=config) if each.image == image.id else each
                for each in of.manifests
            ),
        )
        for of in image.targets
    )


def _available(targets: Iterable[Target]) -> dict[str, Manifest]:
    found = (each for of in targets for each in of.manifests if each.available)
    return {each.descriptor.digest: each for each in found}
