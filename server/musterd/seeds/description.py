"""A description of an image: the values that its author specifies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from musterd.errors import SeedError
from musterd.images import reference
from musterd.images.platform import Platform
from musterd.images.reference import InvalidReferenceError, Reference
from musterd.seeds import values
from musterd.seeds.values import Moment

_DEFAULT_PLATFORM = Platform("linux", "amd64")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription:
    """A description of an image, with valid values. None stands for a value to derive.

    Attributes:
        names: The names, each with a tag or a digest; none for an untagged image.
        labels: The labels; None if the image has none, which newer daemons show as `null`.
        size: The size of the image including its parent, in bytes.
        created: The creation date (RFC 3339).
        parent: The name or Id of the parent image; None if there is none.
        digest: The digest in the registry; True to derive it, False if there is none.
        platforms: The platforms; an image for several is an index in the containerd store, and
            graph drivers have the one for the first.
        config: Further members of `Config`: ``{"Cmd": ["sh"]}``.
        pullable: Whether the image is not in the catalogue, but can be pulled.
        origin: Where the description is from, in messages: ``seed.yaml:7``.
    """

    names: tuple[Reference, ...] = ()
    labels: Mapping[str, str] | None = None
    size: int | None = None
    created: str | None = None
    parent: str | None = None
    digest: str | bool = False
    platforms: tuple[Platform, ...] = (_DEFAULT_PLATFORM,)
    config: Mapping[str, Any] = field(default_factory=dict)
    pullable: bool = False
    origin: str = "the image"


def describe(
    *names: str,
    labels: Mapping[str, str] | None = None,
    size: str | int | None = None,
    created: Moment | None = None,
    parent: str | None = None,
    digest: str | bool = False,
    platform: str | None = None,
    platforms: Sequence[str] = (),
    config: Mapping[str, Any] | None = None,
    pullable: bool = False,
    origin: str | None = None,
) -> ImageDescription:
    """Describe an image.

    Args:
        names: The names: ``app:1``, or ``app``, which means ``app:latest``.
        labels: The labels.
        size: The size of the image including its parent: ``5MB``, ``1.5GiB``, or bytes.
        created: The creation date: ``2024-01-31``, RFC 3339, a `datetime`, or seconds since 1970.
        parent: The name or Id of the parent image.
        digest: The digest in the registry, or True to derive one.
        platform: The platform, such as ``linux/arm64``; ``linux/amd64`` by default.
        platforms: The platforms of an image for several, instead of `platform`. Graph drivers have
            the image for the first.
        config: Further members of `Config`: ``{"Cmd": ["sh"]}``.
        pullable: Whether the image is not in the catalogue, but can be pulled by its names. Then
            it has a digest, as every image in a registry.
        origin: Where the description is from, in messages.

    Raises:
        SeedError: A value is invalid; `field` names it.
    """
    parsed = tuple(dict.fromkeys(map(_name, names)))
    if digest and not parsed:
        raise SeedError("an image with a digest needs a name", "digest")
    if pullable and not parsed:
        raise SeedError("an image needs a name to be pulled by", "pullable")
    if pullable and len(platforms) > 1:
        raise SeedError(
            "an image to pull is for one platform: describe one for each, with the same name",
            "platforms",
        )
    values.json_text(config, "config")
    return ImageDescription(
        names=parsed,
        labels=None if labels is None else values.labels(labels),
        size=None if size is None else values.size(size),
        created=None if created is None else values.created(created),
        parent=parent,
        digest=digest or pullable if isinstance(digest, bool) else values.digest(digest),
        platforms=_platforms(platform, platforms),
        config=dict(config or {}),
        pullable=pullable,
        origin=origin or f"the image {names[0] if names else ''}".rstrip(),
    )


def _name(text: str) -> Reference:
    try:
        return reference.parse(text).or_latest
    except InvalidReferenceError as error:
        raise SeedError(f"{text!r} is not an image name: {error}", "name") from None


def _platforms(one: str | None, several: Sequence[str]) -> tuple[Platform, ...]:
    if one is not None:
        if several:
            raise SeedError("there is a platform as well as platforms; give one", "platforms")
        return (values.platform(one),)
    try:
        return tuple(dict.fromkeys(map(values.platform, several))) or (_DEFAULT_PLATFORM,)
    except SeedError as error:
        raise SeedError(str(error), "platforms") from None
