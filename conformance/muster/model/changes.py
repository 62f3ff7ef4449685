"""The full listing to expect after a change, derived from the one before it; pure.

The API can change existing images in three ways: add a tag, which may move it from another image,
remove a name, or remove an image. Nothing else may differ between the two listings.
Sources: moby v20.10 daemon/images/image_tag.go (TagImageWithReference) and image_delete.go
(ImageDelete), which store a reference and touch no other; a deleted image takes with it its
untagged ancestors that have no other children.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from muster.model.image import Image, plain_id
from muster.model.oracle import with_children
from muster.model.reference import repository

NAME_MEMBERS = frozenset({"RepoTags", "RepoDigests"})
"""Members that show an image's names; compared as sets of references."""

OWN_MEMBERS = frozenset(
    {"Id", "ParentId", "Created", "Size", "VirtualSize", "SharedSize", "Labels", "Containers"}
)
"""Members that belong to an image. Others may belong to its name, and change with that:
`Descriptor` and `Manifests` in Docker's containerd store, and what engines add."""


@dataclass(frozen=True, slots=True)
class After:
    """The full listing to expect after a change.

    Attributes:
        tags: The tags of each image that must be listed, by Id.
        may_go: Ids of images that may be gone.
        must_go: Ids of images that must be gone.
        renamed: Ids of images whose names changed.
        names: The tags that were added or removed; other rules check where they are.
    """

    tags: Mapping[str, frozenset[str]]
    may_go: frozenset[str] = frozenset()
    must_go: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @property
    def touched(self) -> frozenset[str]:
        """The repositories of `names`; digests in these may appear or disappear."""
        return frozenset(map(repository, self.names))


def tagged(before: Sequence[Image], image: str, tag: str) -> After:
    """Give the image with the Id *image* the *tag*, and take it from any other image."""
    tags = _tags(before)
    losers = {each for each, names in tags.items() if tag in names}
    for each in losers:
        tags[each] = tags[each] - {tag}
    tags[image] = tags[image] | {tag}
    return After(tags, renamed=frozenset({*losers, image}), names=frozenset({tag}))


def untagged(before: Sequence[Image], tag: str) -> After:
    """Remove the name *tag*; an image without other names is deleted too, unless others need it."""
    tags = _tags(before)
    holder = next(each for each in before if tag in each.tags)
    tags[holder.id] = tags[holder.id] - {tag}
    names, changed = frozenset({tag}), frozenset({holder.id})
    if tags[holder.id]:
        return After(tags, renamed=changed, names=names)
    others = [name for name in holder.digests or () if repository(name) != repository(tag)]
    if others or holder.id in with_children(before):
        # Docker keeps an image that has children; podman removes it.
        return After(tags, may_go=changed, renamed=changed, names=names)
    return _without(before, holder, tags)


def removed(before: Sequence[Image], image: str) -> After:
    """Remove the image with the Id *image*, which has no children, and all its names."""
    (holder,) = (each for each in before if each.id == image)
    return _without(before, holder, _tags(before))


def _without(before: Sequence[Image], image: Image, tags: dict[str, frozenset[str]]) -> After:
    del tags[image.id]
    return After(
        tags,
        may_go=frozenset(_untagged_ancestors(before, image)),
        must_go=frozenset({image.id}),
        names=_tagged_names(image),
    )


def _untagged_ancestors(before: Sequence[Image], image: Image) -> Iterable[str]:
    by_id = {plain_id(each.id): each for each in before}
    below = image
    while (parent := by_id.get(plain_id(below.parent))) is not None and not parent.references:
        if sum(plain_id(each.parent) == plain_id(parent.id) for each in before) > 1:
            return
        yield parent.id
        below = parent


def _tags(images: Iterable[Image]) -> dict[str, frozenset[str]]:
    return {image.id: _tagged_names(image) for image in images}


def _tagged_names(image: Image) -> frozenset[str]:
    """Return the tags of *image*; some engines show digests among them (moby#43862)."""
    return frozenset(name for name in image.tags if "@" not in name)


def side_effects(
    before: Sequence[Image], wanted: After, after: Sequence[Image]
) -> dict[str, list[str]]:
    """Return unexpected differences between *before* and *after*, by the image's Id.

    The lines begin with `-` (expected) or `+` (got).
    """
    old, new = {image.id: image for image in before}, {image.id: image for image in after}
    found: dict[str, list[str]] = {}
    for name in wanted.tags.keys() - new.keys() - wanted.may_go:
        found[name] = [f"- {old[name]}", "+ not listed"]
    for name in new.keys() - old.keys():
        found[name] = ["- no further image", f"+ {new[name]}"]
    for name in wanted.tags.keys() & new.keys():
        lines = [
            *_other_names(old[name], wanted, new[name]),
            *_other_members(old, wanted, new, name),
        ]
        if lines:
            found[name] = lines
    return found


def _other_names(old: Image, wanted: After, new: Image) -> list[str]:
    lines: list[str] = []
    tags = wanted.tags[new.id] - wanted.names
    if tags != _tagged_names(new) - wanted.names:
        lines += [
            f"- RepoTags of {new.id}: {sorted(tags)}",
            f"+ RepoTags of {new.id}: {list(new.tags)}",
        ]
    if old.digests is not None and new.digests is not None:
        kept = {name for name in old.digests if repository(name) not in wanted.touched}
        shown = {name for name in new.digests if repository(name) not in wanted.touched}
        if kept != shown and new.id not in wanted.may_go:
            lines += [
                f"- RepoDigests of {new.id}: {sorted(kept)}",
                f"+ RepoDigests of {new.id}: {sorted(shown)}",
            ]
    return lines


def _other_members(
    old: Mapping[str, Image], wanted: After, new: Mapping[str, Image], name: str
) -> list[str]:
    before, after = old[name].raw, new[name].raw
    members = (before.keys() | after.keys()) - NAME_MEMBERS
    gone = {plain_id(each) for each in (wanted.must_go | wanted.may_go) - new.keys()}
    if name in wanted.renamed:
        members &= OWN_MEMBERS
    return [
        line
        for member in sorted(members)
        if before.get(member) != after.get(member)
        and not (member == "ParentId" and plain_id(old[name].parent) in gone)
        for line in (
            f"- {member} of {name}: {before.get(member)!r}",
            f"+ {member} of {name}: {after.get(member)!r}",
        )
    ]
