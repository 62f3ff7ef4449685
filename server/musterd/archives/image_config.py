"""Image configs.

The format is that of Docker since 1.10 (moby ``image/spec/v1.2.md``) and of OCI's image-spec,
``config.md``.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from musterd.archives.contents import Contents, Document
from musterd.archives.limits import Budget, Cost
from musterd.errors import ArchiveError
from musterd.images import dates
from musterd.images.image import NEVER, Image, Layer

_SHOWN = 60
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_T = TypeVar("_T")


class _ContainerConfig(msgspec.Struct, rename="pascal"):
    """The member of a config with the labels."""

    labels: dict[str, str] | None = None


class _RootFs(msgspec.Struct):
    """The member of a config with the layers."""

    diff_ids: list[str] | None = None


class _Config(msgspec.Struct):
    """An image config."""

    created: str | None = None
    config: _ContainerConfig | None = None
    rootfs: _RootFs | None = None
    history: list[dict[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """A decoded image config.

    Attributes:
        document: The config itself.
        where: Its name in messages.
        created: The creation date, in seconds since 1970.
        created_text: The creation date as written; None if there is none.
        labels: The labels; None if there are none, which a listing may show differently from empty
            labels.
        has_config: Whether there is a member `config`.
        diff_ids: The digests of the uncompressed layers; None if the config lists none.
    """

    document: Document
    where: str
    created: int
    created_text: str | None
    labels: Mapping[str, str] | None
    has_config: bool
    diff_ids: Sequence[str] | None

    def image(self, layers: Sequence[Layer]) -> Image:
        """Return the image with this config and *layers*, without names and parent.

        Raises:
            ArchiveError: The config lists other layers.
        """
        if self.diff_ids is not None:
            _check_layers(self.diff_ids, layers, self.where)
        size = sum(layer.size for layer in layers)
        if size >= 2**63:
            raise ArchiveError(f"{self.where} has layers of {size} bytes, which is absurd")
        return Image(
            id=self.document.digest,
            parent=None,
            created=self.created,
            created_text=self.created_text,
            size=size,
            virtual_size=size,
            labels=self.labels,
            has_config=self.has_config,
            config=self.document.raw,
            layers=tuple(layers),
        )


class ImageReader:
    """Read the images of an archive; decode each config once, even if several images share it."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._configs: dict[str, ImageConfig] = {}

    def image(self, path: str, layers: Sequence[str]) -> Image:
        """Return the image with this config and these layers, without names and parent.

        Args:
            path: The path of the config in the archive.
            layers: The paths of the layers, lowest first.

        Raises:
            ArchiveError: A file is missing or invalid, or the layers do not match the config.
        """
        budget = self._contents.budget
        budget.spend(Cost.IMAGE)
        self._contents.document(path)
        budget.check_layers(len(layers), path)
        found = [self._contents.layer(each) for each in layers]
        return self.config(path).image(found)

    def config(self, path: str) -> ImageConfig:
        """Return the config at this path.

        Raises:
            ArchiveError: The file is missing or invalid.
        """
        document = self._contents.document(path)
        if document.digest not in self._configs:
            found = parse_config(document, path, self._contents.budget)
            self._configs[document.digest] = found
        return self._configs[document.digest]


def blob_path(digest: str, contents: Contents) -> str:
    """Return the path of the file with this digest in an OCI image layout.

    Raises:
        ArchiveError: It is no SHA-256 digest.
    """
    contents.budget.spend(Cost.REFERENCE)
    if _DIGEST.fullmatch(digest) is None:
        raise ArchiveError(
            f"{contents.name}: {digest[:100]} is not a SHA-256 digest, the only supported kind"
        )
    return f"blobs/{digest.replace(':', '/')}"


def digest(raw: bytes) -> str:
    """Return the digest of *raw*: ``sha256:5f70bf18...``."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def decode(raw: bytes, kind: type[_T], name: str, path: str) -> _T:
    """Decode a JSON document.

    Args:
        raw: Its bytes.
        kind: The expected type.
        name: The name of the archive in messages.
        path: The path of the document in the archive.

    Raises:
        ArchiveError: It is not a document of this type.
    """
    try:
        # msgspec does not look at the members that it skips, which responses may show later.
        raw.decode()
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveError(f"{name}: {path} is not as it should be: {error}") from error


def parse_config(document: Document, path: str, budget: Budget) -> ImageConfig:
    """Decode an image config.

    Args:
        document: The file.
        path: Its path in the archive.
        budget: The budget for its labels.

    Raises:
        ArchiveError: It is invalid.
    """
    config = decode(document.raw, _Config, budget.name, path)
    labels = None if config.config is None else config.config.labels
    budget.spend(Cost.LABEL, len(labels or ()))
    budget.check_history(len(config.history or ()), path)
    where = f"{budget.name}: {path}"
    created = NEVER
    if config.created is not None:
        try:
            created = dates.seconds(config.created)
        except dates.InvalidDateError:
            raise ArchiveError(
                f'{where} has "created": "{config.created[:_SHOWN]}", no date'
            ) from None
    return ImageConfig(
        document=document,
        where=where,
        created=created,
        created_text=config.created,
        labels=labels,
        has_config=config.config is not None,
        diff_ids=None if config.rootfs is None else config.rootfs.diff_ids or [],
    )


def _check_layers(wanted: Sequence[str], layers: Sequence[Layer], where: str) -> None:
    if len(wanted) != len(layers):
        raise ArchiveError(f"{where} does not have as many layers as the manifest says")
    for number, (diff_id, layer) in enumerate(zip(wanted, layers, strict=True), start=1):
        if diff_id != layer.digest:
            raise ArchiveError(
                f"{where} says that layer {number} is {diff_id[:80]}, but it is {layer.digest}"
            )
