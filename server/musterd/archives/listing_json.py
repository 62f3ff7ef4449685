"""List Images responses as files: import those of any server, and export the catalogue.

`parse` restores exactly what `export` writes.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec.structs import replace

from musterd.archives.limits import MAX_LAYERS
from musterd.archives.listed_targets import ListedDescriptor, ListedManifest, listed_target
from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.errors import ListingError
from musterd.images import dates, reference
from musterd.images.image import Image, Layer
from musterd.images.image_id import digits
from musterd.images.reference import Reference
from musterd.images.target import Descriptor, Target
from musterd.listing import manifests as shown_manifests
from musterd.listing import render
from musterd.listing.manifests import ShownManifest
from musterd.listing.query import ListQuery
from musterd.listing.select import select
from musterd.listing.source import Images, ListedImage

# The rules of the first daemons with the shape that all other servers' listings have.
_RULES = rules.at(ApiVersion("1.24"))

# Part of every placeholder for a name, and of no name.
_NONE = "<none>"
_SHOWN = 60
_NOT_COUNTED = -1

_T = TypeVar("_T")
_Seconds = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
# -1 means not counted.
_Count = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
_Id = Annotated[str, msgspec.Meta(pattern=r"\A(sha256:)?[0-9a-f]{64}\Z")]
_ParentId = Annotated[str, msgspec.Meta(pattern=r"\A((sha256:)?[0-9a-f]{1,64})?\Z")]

# The error messages for a field of the wrong type.
_EXPECTED = {
    "Id": "64 hexadecimal digits in lower case, after sha256: or not",
    "Created": "a whole number of seconds",
    "Size": "a whole number of bytes, 0 or more",
    "ParentId": "the Id of an image, or absent",
    "RepoTags": "a list of names with a tag, or null",
    "RepoDigests": "a list of names with a digest, or null",
    "VirtualSize": "a whole number of bytes, 0 or more, or absent",
    "Labels": "an object whose values are texts, or null",
    "SharedSize": "a whole number of bytes, -1 or more, or absent",
    "Containers": "a whole number, -1 or more, or absent",
    "Muster": "what `musterd export` has written, or absent",
}


class MusterExtension(
    msgspec.Struct, rename="pascal", frozen=True, kw_only=True, omit_defaults=True
):
    """The member `Muster` of an image in an exported listing, for data that no listing shows.

    Other readers ignore it.

    Attributes:
        created: The creation date in the image config (RFC 3339).
        has_config: Whether the image config has a member `config`.
        config: The image config, byte for byte.
        layers: The layers, lowest first.
        targets: What the containerd store knows of the image.
        not_image: Why it is no image of a container.
    """

    created: str | None = None
    has_config: bool = True
    config: str | None = None
    layers: tuple[Layer, ...] | None = None
    targets: tuple[Target, ...] = ()
    not_image: str | None = None


class _Listed(msgspec.Struct, rename="pascal"):
    """One element of a listing; unknown members are ignored."""

    id: _Id
    created: _Seconds
    size: _Bytes
    parent_id: _ParentId | None = None
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None
    virtual_size: _Bytes | None = None
    labels: dict[str, str] | None = None
    shared_size: _Count | None = None
    containers: _Count | None = None
    descriptor: Any = None
    manifests: Any = None
    muster: MusterExtension | None = None


class _Exported(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One exported image; members without a known value are omitted."""

    id: str
    parent_id: str | msgspec.UnsetType
    repo_tags: list[str] | None
    repo_digests: list[str] | None
    created: int
    size: int
    virtual_size: int
    shared_size: int | msgspec.UnsetType
    containers: int | msgspec.UnsetType
    labels: Mapping[str, str] | None
    descriptor: Descriptor | msgspec.UnsetType
    manifests: list[ShownManifest] | msgspec.UnsetType
    muster: MusterExtension | msgspec.UnsetType


def parse(data: bytes, name: str) -> list[Image]:
    """Parse the images in a List Images response.

    Args:
        data: The body of the response.
        name: Its name in messages.

    Raises:
        ListingError: It is not such a response, or contradicts itself; the message says where.
    """
    images = [
        _image(listed, f"{name}: image {number}")
        for number, listed in enumerate(_decode(data, name), start=1)
    ]
    _check_unique(images, name)
    return images


def export(images: Iterable[Image]) -> bytes:
    """Encode all *images*, newest first."""
    listed = select(Images(images), ListQuery(all=True), _RULES)
    return msgspec.json.encode([_exported(entry) for entry, _ in listed]) + b"\n"


def _decode(data: bytes, name: str) -> list[_Listed]:
    try:
        return msgspec.json.decode(data, type=list[_Listed])
    except msgspec.ValidationError as error:
        raise ListingError(f"{name}{_problem(_document(data, name))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(name, error) from error


def _document(data: bytes, name: str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The typed decoder stopped at the first wrong value; malformed JSON may follow it.
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> ListingError:
    return ListingError(f"{name} is damaged or cut short: {error}")


def _problem(document: Any) -> str:
    """Describe what is wrong with a document that is not a listing."""
    if isinstance(document, dict) and isinstance(document.get("message"), str):
        return f" is not a listing but a server's error: {_short(document['message'])}"
    if not isinstance(document, list):
        return " is not a listing, which is a JSON array of images"
    problems = (
        f": image {number}{problem}"
        for number, element in enumerate(document, start=1)
        if (problem := _problem_of_element(element)) is not None
    )
    # The last of several equal members wins, so an earlier one may be the invalid one.
    return next(problems, " has a member twice in an image, once with a value of another kind")


def _problem_of_element(element: Any) -> str | None:
    if not isinstance(element, dict):
        return f" is {_short(element)}, not an object"
    for field in msgspec.structs.fields(_Listed):
        key = field.encode_name
        if key not in element:
            if field.required:
                return f': "{key}" is missing'
            continue
        try:
            msgspec.convert(element[key], field.type)
        except msgspec.ValidationError:
            return f': "{key}" must be {_EXPECTED[key]}, not {_short(element[key])}'
    return None


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _image(listed: _Listed, where: str) -> Image:
    extension = listed.muster or MusterExtension()
    if len(extension.layers or ()) > MAX_LAYERS:
        raise ListingError(f'{where}: "Muster" has more than {MAX_LAYERS} layers')
    names = [_name(text, where, "RepoTags") for text in listed.repo_tags or ()]
    names += [_name(text, where, "RepoDigests") for text in listed.repo_digests or ()]
    known = list(dict.fromkeys(name for name in names if name is not None))
    tags = tuple(name for name in known if name.digest is None)
    return Image(
        id=listed.id,
        parent=listed.parent_id or None,
        created=listed.created,
        size=listed.size,
        virtual_size=listed.size if listed.virtual_size is None else listed.virtual_size,
        labels=listed.labels,
        tags=tags,
        digests=tuple(name for name in known if name.digest is not None),
        own_order=reference.in_own_order(tags),
        has_config=extension.has_config,
        created_text=_date(extension.created, where),
        config=_config(extension.config, where),
        layers=extension.layers,
        shared_size=_counted(listed.shared_size),
        containers=_counted(listed.containers),
        targets=extension.targets or _targets(listed, known),
        not_image=extension.not_image,
    )


def _targets(listed: _Listed, names: list[Reference]) -> tuple[Target, ...]:
    """Return what the members of the containerd store say.

    Members that are not as in Docker's responses are ignored, like all that are unknown.
    """
    try:
        found = msgspec.convert(listed.descriptor, ListedDescriptor)
        manifests = msgspec.convert(listed.manifests, list[ListedManifest] | None)
    except msgspec.ValidationError:
        return ()
    if digits(found.digest) != digits(listed.id):
        return ()
    tags = tuple(name for name in names if name.digest is None)
    one = listed_target(
        found,
        manifests,
        tags,
        listed.parent_id or None,
        size=listed.size,
        is_unknown=found.digest in (listed.repo_digests or ()),
    )
    return (one,)


def _counted(count: int | None) -> int | None:
    return None if count == _NOT_COUNTED else count


def _config(text: str | None, where: str) -> bytes | None:
    if text is None:
        return None
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise ListingError(f'{where}: "Muster" has a "Config" that is not a JSON object') from None
    return text.encode()


def _date(text: str | None, where: str) -> str | None:
    if text is None:
        return None
    try:
        dates.nanoseconds(text)
    except dates.InvalidDateError:
        raise ListingError(f'{where}: "Muster" has "Created": {_short(text)}, no date') from None
    return text


def _name(text: str, where: str, key: str) -> Reference | None:
    """Parse a name; return None for a placeholder.

    In `RepoTags`, Docker's containerd store also shows names with a digest, and a digest without a
    name if it lacks the image for this platform (seen: 29.7).
    """
    if _NONE in text or text.startswith("sha256:"):
        return None
    try:
        name = reference.parse(text)
    except reference.InvalidReferenceError:
        name = Reference(text)
    if name.digest is None and (name.tag is None or key == "RepoDigests"):
        kind = "tag" if key == "RepoTags" else "digest"
        raise ListingError(
            f'{where}: "{key}" holds {_short(text)}, which is not a name with a {kind}'
        )
    return name


def _check_unique(images: list[Image], name: str) -> None:
    """Refuse images with the same Id or tag."""
    seen: dict[str, int] = {}
    for number, image in enumerate(images, start=1):
        for what in (image.id, *(tag.familiar for tag in image.tags)):
            if what in seen:
                raise ListingError(f"{name}: image {number}: image {seen[what]} is {what} already")
            seen[what] = number


def _exported(entry: ListedImage) -> _Exported:
    image = entry.image
    repo_tags, repo_digests = render.names(replace(entry, image=_kept(image)), _RULES)
    own = next((each for each in image.targets if each.digest == image.id), None)
    return _Exported(
        id=image.id,
        parent_id=_unset_if_none(image.parent),
        repo_tags=repo_tags,
        repo_digests=repo_digests,
        created=image.created,
        size=image.size,
        virtual_size=image.virtual_size,
        shared_size=_unset_if_none(image.shared_size),
        containers=_unset_if_none(image.containers),
        labels=None if image.labels is None else dict(sorted(image.labels.items())),
        descriptor=msgspec.UNSET if own is None else own.descriptor,
        manifests=msgspec.UNSET
        if own is None
        else shown_manifests.shown(own.manifests, own.descriptor, identity=True),
        muster=_extension(image),
    )


def _kept(image: Image) -> Image:
    """Keep the order of the tags, unless `parse` would then take it for the image's own order."""
    return replace(image, own_order=image.own_order or not reference.in_own_order(image.tags))


def _unset_if_none(value: _T | None) -> _T | msgspec.UnsetType:
    return msgspec.UNSET if value is None else value


def _extension(image: Image) -> MusterExtension | msgspec.UnsetType:
    extension = MusterExtension(
        created=image.created_text,
        has_config=image.has_config,
        config=None if image.config is None else image.config.decode(),
        layers=image.layers,
        targets=image.targets,
        not_image=image.not_image,
    )
    return msgspec.UNSET if extension == MusterExtension() else extension
