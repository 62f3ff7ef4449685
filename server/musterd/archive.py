"""`docker save` archives as a source of images.

The format is that of Docker 1.10 and later (moby ``image/tarexport``): a tar with a file
``manifest.json``, which names each image's config and layers. Nothing of it is written anywhere.
"""

import hashlib
import lzma
import posixpath
import re
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, BinaryIO, Self, TypeVar

import msgspec

from musterd import reference, rfc3339
from musterd.errors import ArchiveError
from musterd.image import NEVER, Image
from musterd.reference import Reference

# Bytes; manifests and configs have some thousands.
_LARGEST_DOCUMENT = 16 * 2**20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHITEOUT = ".wh."
# The first bytes of what gzip, bzip2 and xz write.
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zX")
_ZSTD = b"\x28\xb5\x2f\xfd"
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)

_T = TypeVar("_T")


class _Entry(msgspec.Struct, rename="pascal"):
    """One image in ``manifest.json``."""

    config: str
    layers: list[str] | None = None
    repo_tags: list[str] | None = None
    parent: str | None = None


class _ContainerConfig(msgspec.Struct, rename="pascal"):
    """The part of a config with the labels."""

    labels: dict[str, str] | None = None


class _RootFs(msgspec.Struct):
    """The part of a config that counts the layers."""

    diff_ids: list[str] | None = None


class _Config(msgspec.Struct):
    """An image config."""

    created: str | None = None
    config: _ContainerConfig | None = None
    rootfs: _RootFs | None = None


def read(file: BinaryIO, name: str) -> list[Image]:
    """Read the images in an archive.

    Args:
        file: The archive, plain or compressed with gzip, bzip2 or xz; it must be seekable.
        name: What to call it in messages.

    Raises:
        ArchiveError: It is something else, damaged, or lacks a part that it names.
        OSError: It cannot be read.
    """
    try:
        tar = _open_tar(file, name)
    except tarfile.ReadError as error:
        file.seek(0)
        if file.read(len(_ZSTD)).startswith(_COMPRESSED):
            raise ArchiveError(
                f"{name} is compressed, and damaged, cut short or no archive inside"
            ) from error
        raise ArchiveError(
            f"{name} is neither a List Images response nor an archive of `docker save`"
        ) from error
    with _reported(name), tar:
        return _Archive(tar, name).images()


@contextmanager
def _reported(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ArchiveError(f"{name} is damaged or cut short: {error}") from error
    except OSError as error:
        # The decompressors' own errors have no number.
        if error.errno is not None:
            raise
        raise ArchiveError(f"{name} is damaged or cut short: {error}") from error


def _open_tar(file: IO[bytes], name: str) -> tarfile.TarFile:
    start = file.read(len(_ZSTD))
    file.seek(0)
    if start == _ZSTD:
        raise ArchiveError(f"{name} is compressed with zstd; unpack it first, with `zstd -d`")
    return tarfile.open(fileobj=file, mode="r:*", tarinfo=_Header)


class _Header(tarfile.TarInfo):
    """A header that is not passed over when it is damaged.

    Python takes the first one that it cannot read for the end of the archive.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            # Nothing or zeros: that is the end.
            if not buf.strip(b"\0"):
                raise
            raise tarfile.ReadError(str(error)) from error


class _Archive:
    """An open archive, and what has been found in it so far."""

    def __init__(self, tar: tarfile.TarFile, name: str) -> None:
        self._tar = tar
        self._name = name
        self._members = {posixpath.normpath(member.name): member for member in tar}

    def images(self) -> list[Image]:
        """Read every image that the manifest names."""
        entries = self._manifest()
        sizes = self._layer_sizes({layer for entry in entries for layer in entry.layers or ()})
        images: dict[str, Image] = {}
        for entry in entries:
            image = self._image(entry, sizes)
            if (same := images.get(image.id)) is not None:
                tags = tuple(dict.fromkeys((*same.tags, *image.tags)))
                image = replace(image, tags=tags)
            images[image.id] = image
        self._check_tags(images.values())
        return list(images.values())

    def _manifest(self) -> list[_Entry]:
        if "manifest.json" not in self._members:
            raise ArchiveError(
                f"{self._name} has no manifest.json: it is no archive of `docker save`, or one "
                "from before Docker 1.10; load it into Docker and save it again"
            )
        return self._decode(self._bytes("manifest.json"), list[_Entry], "manifest.json")

    def _image(self, entry: _Entry, sizes: dict[str, int]) -> Image:
        raw = self._bytes(entry.config)
        config = self._decode(raw, _Config, entry.config)
        layers = entry.layers or []
        if config.rootfs is not None and len(config.rootfs.diff_ids or ()) != len(layers):
            raise self._error(entry.config, "does not have as many layers as the manifest says")
        size = sum(sizes[layer] for layer in layers)
        return Image(
            id=self._id(entry.config, raw),
            parent=entry.parent or None,
            created=NEVER if config.created is None else self._seconds(entry, config.created),
            created_text=config.created,
            size=size,
            virtual_size=size,
            labels=None if config.config is None else config.config.labels,
            tags=tuple(dict.fromkeys(map(self._tag, entry.repo_tags or ()))),
            has_config=config.config is not None,
            config=raw,
        )

    def _id(self, path: str, raw: bytes) -> str:
        digest = hashlib.sha256(raw).hexdigest()
        stem = posixpath.basename(path).removesuffix(".json")
        if _SHA256.fullmatch(stem) and stem != digest:
            raise self._error(path, f"is named by its SHA-256, but that is {digest}")
        return f"sha256:{digest}"

    def _seconds(self, entry: _Entry, created: str) -> int:
        try:
            return rfc3339.seconds(created)
        except rfc3339.InvalidDateError:
            raise self._error(entry.config, f'has "created": "{created}", no date') from None

    def _tag(self, text: str) -> Reference:
        try:
            tag = reference.parse(text)
        except reference.InvalidReferenceError:
            tag = Reference(text)
        if tag.tag is None:
            raise self._error("manifest.json", f'has "RepoTags" with {text}, no name with a tag')
        return tag

    def _check_tags(self, images: Iterable[Image]) -> None:
        uses = Counter(tag.familiar for image in images for tag in image.tags)
        for tag, count in uses.items():
            if count > 1:
                raise self._error("manifest.json", f"gives {tag} to more than one image")

    def _layer_sizes(self, layers: Iterable[str]) -> dict[str, int]:
        """Measure each layer, in the order of the archive, so that it is unpacked only once."""
        members = {layer: self._member(layer) for layer in layers}
        in_order = sorted(members, key=lambda layer: members[layer].offset)
        return {layer: self._layer_size(layer, members[layer]) for layer in in_order}

    def _layer_size(self, layer: str, member: tarfile.TarInfo) -> int:
        """Add up the sizes of the files in a layer; a hard link is no file of its own."""
        sizes: dict[str, int] = {}
        try:
            tar = _open_tar(self._file(member), f"{self._name}: {layer}")
        except tarfile.ReadError as error:
            raise self._error(layer, "is named as a layer, but is no tar") from error
        with tar:
            for part in tar:
                path = posixpath.normpath(part.name)
                if part.isreg() and not posixpath.basename(path).startswith(_WHITEOUT):
                    sizes[path] = part.size
        return sum(sizes.values())

    def _bytes(self, path: str) -> bytes:
        member = self._member(path)
        if member.size > _LARGEST_DOCUMENT:
            raise self._error(path, f"has {member.size} bytes, too many for what it should be")
        return self._file(member).read()

    def _file(self, member: tarfile.TarInfo) -> IO[bytes]:
        file = self._tar.extractfile(member)
        assert file is not None, member  # noqa: S101  # `_member` returns regular files only
        return file

    def _member(self, path: str) -> tarfile.TarInfo:
        """Find the file at *path*; old archives have links to layers that they hold already."""
        where = path
        for _ in range(len(self._members)):
            where = posixpath.normpath(where)
            if where.startswith(("../", "/")) or where == "..":
                raise self._error(path, "lies outside the archive")
            member = self._members.get(where)
            if member is None:
                raise self._error(path, "is not there, though the manifest names it")
            if member.isreg():
                return member
            if not member.issym() and not member.islnk():
                break
            start = posixpath.dirname(where) if member.issym() else ""
            where = posixpath.join(start, member.linkname)
        raise self._error(path, "is no file")

    def _decode(self, raw: bytes, kind: type[_T], path: str) -> _T:
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._error(path, f"is not as it should be: {error}") from error

    def _error(self, path: str, problem: str) -> ArchiveError:
        return ArchiveError(f"{self._name}: {path} {problem}")
