"""The files in an archive or a directory, independent of the image format.

An archive is read once, sequentially, whatever the order of its files. Small JSON files are kept in
memory; all others are measured as layers. Nothing is written to disk.
"""

import hashlib
import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from musterd.archives import compression, layer_tree, tar
from musterd.archives.compression import ByteStream
from musterd.archives.layer_tree import Tree
from musterd.archives.limits import Budget, Cost
from musterd.archives.tar import Kind
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Layer

_CHUNK = 2**18
# Characters of a path that cost one step.
_PATH_UNIT = 16
# Characters of a path to show in a message.
_SHOWN = 200
_BLOB = re.compile(r"(?:.*/)?blobs/sha256/(?P<digits>[0-9a-f]{64})")
# Files outside of layers: a large archive has a few hundred, and each takes some memory.
_MOST_FILES = 50_000


class Document(NamedTuple):
    """A JSON file.

    Attributes:
        raw: Its bytes.
        digest: Its digest: ``sha256:5f70bf18...``.
    """

    raw: bytes
    digest: str


class Blob(NamedTuple):
    """A file of any kind.

    Attributes:
        digest: Its digest: ``sha256:5f70bf18...``.
        size: Its size in bytes.
        tree: The paths in it, if it is a layer.
    """

    digest: str
    size: int
    tree: Tree | None


class Contents(Protocol):
    """Files by path.

    Attributes:
        name: The name of the archive or directory in messages.
        budget: The budget for reading the files and processing their content.
    """

    name: str
    budget: Budget

    def has(self, path: str) -> bool:
        """Tell whether there is a file at *path*."""
        ...

    def document(self, path: str) -> Document:
        """Return the JSON file at *path*.

        Raises:
            ArchiveError: The file is missing, too large, or does not have the digest in its name;
                or the archive exceeds its limits.
        """
        ...

    def layer(self, path: str) -> Layer:
        """Return the measured layer at *path*."""
        ...

    def blob(self, path: str) -> Blob:
        """Return the file at *path*, whatever it is."""
        ...


@dataclass(frozen=True, slots=True)
class _File:
    """The stored facts about a file.

    Attributes:
        size: The size in bytes.
        sha256: The hash of its content.
        document: The content, if the file is small enough for a document.
        layer: The measured layer, if the file is one.
        tree: The paths in it, if the file is a layer.
        problem: Why the file is not a layer; None if it is one.
    """

    size: int
    sha256: bytes
    document: bytes | None
    layer: Layer | None
    tree: Tree | None
    problem: str | None


class Archive:
    """The files in a tar archive, compressed or not.

    Raises:
        NotATarError: It is not a tar archive.
        ArchiveError: It is damaged, truncated or too large, or has paths that lead outside.
    """

    def __init__(self, source: ByteStream, budget: Budget) -> None:
        self.name = budget.name
        self.budget = budget
        self._files: dict[str, _File] = {}
        self._links: dict[str, str] = {}
        plain = compression.unpacked(source, self.name, budget)
        for entry, content in tar.entries(plain, self.name, budget):
            if entry.is_outside:
                raise _error(self.name, entry.path, "lies outside the archive")
            # The last of several files with the same path wins, as in extraction.
            self._files.pop(entry.path, None)
            self._links.pop(entry.path, None)
            budget.spend(Cost.FILE)
            budget.spend(Cost.PATH, (len(entry.path) + len(entry.target)) // _PATH_UNIT)
            if entry.kind is Kind.FILE:
                self._files[entry.path] = _read(content, entry.size, entry.path, budget)
            elif entry.kind in (Kind.HARD_LINK, Kind.SYMBOLIC_LINK):
                self._links[entry.path] = self._destination(entry)
            if len(self._files) + len(self._links) > _MOST_FILES:
                raise ArchiveTooLargeError(f"{self.name} holds more than {_MOST_FILES} files")

    def has(self, path: str) -> bool:
        """Tell whether there is a file at *path*."""
        return path in self._files or path in self._links

    def document(self, path: str) -> Document:
        """Return the JSON file at *path*."""
        return _document(self._file(path), path, self.budget)

    def layer(self, path: str) -> Layer:
        """Return the measured layer at *path*."""
        return _layer(self._file(path), path, self.name)

    def blob(self, path: str) -> Blob:
        """Return the file at *path*, whatever it is."""
        return _blob(self._file(path), path, self.name)

    def _destination(self, entry: tar.Entry) -> str:
        start = posixpath.dirname(entry.path) if entry.kind is Kind.SYMBOLIC_LINK else ""
        where = posixpath.normpath(posixpath.join(start, entry.target))
        if tar.is_outside(where):
            raise _error(
                self.name, entry.path, f"is a link to {entry.target[:_SHOWN]}, outside the archive"
            )
        return where

    def _file(self, path: str) -> _File:
        """Return the file at *path*; in old archives, it may be a link to a layer."""
        self.budget.spend(Cost.REFERENCE)
        where = posixpath.normpath(path)
        if tar.is_outside(where):
            raise _error(self.name, path, "lies outside the archive")
        seen = set()
        while where in self._links and where not in seen:
            self.budget.spend(Cost.HOP)
            seen.add(where)
            where = self._links[where]
        if where in seen:
            raise _error(self.name, path, "is a link to itself")
        if where not in self._files:
            raise _error(self.name, path, "is not there, though it is named")
        return self._files[where]


class Directory:
    """The files in a directory, read on demand."""

    def __init__(self, root: Path, budget: Budget) -> None:
        self.name = budget.name
        self.budget = budget
        self._root = root.resolve()
        self._files: dict[Path, _File] = {}

    def has(self, path: str) -> bool:
        """Tell whether there is a file at *path*."""
        return (self._root / path).is_file()

    def document(self, path: str) -> Document:
        """Return the JSON file at *path*."""
        return _document(self._file(path), path, self.budget)

    def layer(self, path: str) -> Layer:
        """Return the measured layer at *path*."""
        return _layer(self._file(path), path, self.name)

    def blob(self, path: str) -> Blob:
        """Return the file at *path*, whatever it is."""
        return _blob(self._file(path), path, self.name)

    def _file(self, path: str) -> _File:
        self.budget.spend(Cost.REFERENCE)
        where = self._resolved(path)
        if where not in self._files:
            if not where.is_file():
                raise _error(self.name, path, "is not there, though it is named")
            self.budget.spend(Cost.FILE)
            with where.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                self.budget.receive(size)
                self._files[where] = _read(file, size, path, self.budget)
        return self._files[where]

    def _resolved(self, path: str) -> Path:
        try:
            where = (self._root / path).resolve()
        except RuntimeError:
            # Since Python 3.13, resolving such a link raises no error.
            raise _error(self.name, path, "is a link to itself") from None
        if not where.is_relative_to(self._root):
            raise _error(self.name, path, "lies outside the directory")
        return where


class _Hashed:
    """A stream that computes the SHA-256 and the length of what is read."""

    def __init__(self, source: ByteStream) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()
        self.length = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self.sha256.update(data)
        self.length += len(data)
        return data


def _read(content: ByteStream, size: int, path: str, budget: Budget) -> _File:
    """Read a file: keep its content if it is a document, and otherwise measure it."""
    hashed = _Hashed(content)
    start = hashed.read(_CHUNK)
    document = layer = tree = problem = None
    if size <= budget.limits.document_size and start.lstrip()[:1] in (b"{", b"["):
        budget.spend_document(size)
        document = b"".join((start, *_chunks(hashed)))
        problem = "is named as a layer, but is not a tar"
    else:
        try:
            layer, tree = _measure(compression.Prefixed(start, hashed), path, budget)
        except ArchiveTooLargeError:
            raise
        except tar.NotATarError:
            problem = "is named as a layer, but is not a tar"
        except ArchiveError as error:
            problem = f"cannot be read as a layer: {error}"
        tar.drain(hashed)
    return _File(hashed.length, hashed.sha256.digest(), document, layer, tree, problem)


def _chunks(source: ByteStream) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def _measure(source: ByteStream, path: str, budget: Budget) -> tuple[Layer, Tree]:
    """Add up the sizes of the files in a layer; hard links do not count."""
    plain = _Hashed(compression.unpacked(source, path, budget))
    tree = layer_tree.read(plain, path, budget)
    return Layer(f"sha256:{plain.sha256.hexdigest()}", layer_tree.size(tree)), tree


def _document(file: _File, path: str, budget: Budget) -> Document:
    if file.size > budget.limits.document_size:
        problem = f"has {file.size} bytes, too many for its kind"
        raise ArchiveTooLargeError(f"{budget.name}: {path[:_SHOWN]} {problem}")
    _check_digest(file, path, budget.name)
    if file.document is None:
        raise _error(budget.name, path, "is invalid: it is not JSON")
    return Document(file.document, f"sha256:{file.sha256.hex()}")


def _layer(file: _File, path: str, name: str) -> Layer:
    _check_digest(file, path, name)
    if file.layer is None:
        raise _error(name, path, f"{file.problem}")
    return file.layer


def _blob(file: _File, path: str, name: str) -> Blob:
    _check_digest(file, path, name)
    return Blob(f"sha256:{file.sha256.hex()}", file.size, file.tree)


def _check_digest(file: _File, path: str, name: str) -> None:
    found = _BLOB.fullmatch(path)
    if found is not None and found["digits"] != file.sha256.hex():
        raise _error(name, path, f"is named by its SHA-256, but that is {file.sha256.hex()}")


def _error(name: str, path: str, problem: str) -> ArchiveError:
    return ArchiveError(f"{name}: {path[:_SHOWN]} {problem}")
