"""Images as a listing shows them, reduced to the members that the rules need.

The rules apply to every server's dialect: `null`, an absent member and the `<none>` placeholders
all mean an absent value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from muster.model.exchange import Response

SHORT_ID = 12
"""Hexadecimal digits of an Id as clients print it."""

ONE_IMAGE = ("image",)
"""The manifests of an image for one platform, without attestations."""

PLACEHOLDERS = frozenset({"<none>:<none>", "<none>@<none>", "<none>"})


class NotAListing(ValueError):
    """A response that is not a list of images; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a listing.

    Attributes:
        id: As sent.
        parent: Id of the parent image; empty if there is none.
        tags: The references in `RepoTags`, without placeholders.
        digests: The references in `RepoDigests`, without placeholders; None if unknown, because the
            member is absent or has only digests without a repository.
        nameless: Whether a placeholder says that the image has no name.
        created: Unix time in seconds; None if it is not a whole number.
        labels: Key to value; empty if there are none.
        manifests: The kinds of its available manifests, e.g. `image`; None if unknown. A store
            without manifests has one image.
        raw: The JSON object itself.
    """

    id: str
    parent: str = ""
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] | None = ()
    nameless: bool = False
    created: int | None = 0
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    manifests: tuple[str, ...] | None = field(default=ONE_IMAGE, compare=False)
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False, repr=False)

    @property
    def references(self) -> tuple[str, ...]:
        """Every name by which the image can be referred to, other than its Id."""
        return self.tags + (self.digests or ())

    @property
    def is_manifest(self) -> bool:
        """Whether its Id is the digest of its manifest or index, rather than of its config.

        This is the case in Docker's containerd store, for every image that has a name.
        """
        return any(name.endswith(f"@{self.id}") for name in self.references)

    @property
    def has_one_platform(self) -> bool:
        """Whether its labels are known to be those of its only config."""
        return self.manifests is not None and self.manifests.count("image") == 1

    def __str__(self) -> str:
        first, *others = self.references or ("untagged",)
        name = f"{first} and {len(others)} more" if others else first
        return f"{plain_id(self.id)[:SHORT_ID]} ({name})"


def plain_id(identifier: str) -> str:
    """Return *identifier* without its algorithm: servers write Ids with `sha256:` or without.

    Source of the other algorithm: OCI image-spec v1.1, descriptor.md, Registered Algorithms.
    """
    return identifier.removeprefix("sha256:").removeprefix("sha512:")


def listing(response: Response) -> tuple[Image, ...]:
    """Return the images of a response, in its order; `null` means none.

    Raises:
        NotAListing: If the response is not a 200 with a JSON array of objects that have an `Id`.
    """
    if response.status != 200:  # noqa: PLR2004 - the status that the contract gives a listing
        raise NotAListing(f"the answer has status {response.status}: {shorten(response.text)}")
    return _listing(response.body)


@lru_cache(maxsize=8)
def _listing(body: bytes) -> tuple[Image, ...]:
    """Return the images of a body; cached, because most checks start from the same full listing."""
    response = Response(200, {}, body)
    if not body:
        raise NotAListing("the answer has status 200 and an empty body")
    try:
        items = response.json()
    except ValueError as error:
        raise NotAListing(f"the body is not JSON ({error}): {shorten(response.text)}") from error
    if items is None:
        return ()
    if not isinstance(items, list):
        raise NotAListing(f"the body is not a JSON array: {shorten(response.text)}")
    return tuple(_image(item, position) for position, item in enumerate(items))


def _image(item: Any, position: int) -> Image:
    if not isinstance(item, dict) or not isinstance(item.get("Id"), str):
        raise NotAListing(
            f"element {position} is not an object with a string Id: {shorten(str(item))}"
        )
    parent, created = item.get("ParentId"), item.get("Created")
    whole = isinstance(created, int) and not isinstance(created, bool)
    return Image(
        id=item["Id"],
        parent=parent if isinstance(parent, str) else "",
        tags=_references(item.get("RepoTags")),
        digests=_digests(item),
        nameless=bool(PLACEHOLDERS.intersection(strings(item.get("RepoTags")))),
        created=created if whole else None,
        labels=_labels(item.get("Labels")),
        raw=item,
    )


def _labels(value: Any) -> dict[str, str]:
    labels = value if isinstance(value, dict) else {}
    return {key: text for key, text in labels.items() if isinstance(text, str)}


def _digests(item: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the names in `RepoDigests`; None if they are unknown.

    A digest without a repository is not a name. moby v28.5.2 with the containerd store shows such
    digests for images loaded without a name (daemon/containerd/image_list.go).
    """
    if "RepoDigests" not in item:
        return None
    shown = _references(item["RepoDigests"])
    names = tuple(name for name in shown if "@" in name)
    return None if shown and not names else names


def _references(value: Any) -> tuple[str, ...]:
    return tuple(text for text in strings(value) if text not in PLACEHOLDERS)


def strings(value: Any) -> list[str]:
    """Return the strings among the items of *value*; none if it is not a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def shorten(text: str, limit: int = 120) -> str:
    """Return *text* on one line, cut to *limit* characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return *text* with U+FFFD for control characters, which a terminal would act on."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
