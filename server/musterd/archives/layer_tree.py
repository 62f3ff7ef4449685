"""The paths in a layer, and the disk space of layers on top of each other.

Docker's containerd store shows the space that the unpacked layers of an image take. That is what
containerd's native snapshotter takes: a copy of the whole file system for each layer, in blocks of
4 KiB (``continuity/fs/du_unix.go``). What cannot be known without the layers' content is left out:
holes in files, directories that outgrow a block, and what a layer removes below a directory.
"""

import hashlib
import posixpath
from collections.abc import Iterable, Mapping

from musterd.archives import tar
from musterd.archives.compression import ByteStream
from musterd.archives.limits import Budget, Cost
from musterd.archives.tar import Kind
from musterd.errors import ArchiveError

_WHITEOUT = ".wh."
_BLOCK = 4096
# Characters of a path that cost one step.
_PATH_UNIT = 16
# Paths of a layer to lay over others in one step.
_LAID = 4
# The size of a path that is not a file.
_DIRECTORY, _LINK, _REMOVED = -1, -2, -3

# By hash of the path, the size of a file in bytes, or what else is there. Hashes instead of paths
# all take the same small amount of memory.
Tree = Mapping[bytes, int]


def read(plain: ByteStream, path: str, budget: Budget) -> Tree:
    """Read the paths in an uncompressed layer.

    Args:
        plain: The layer.
        path: Its name in messages.
        budget: The budget for reading it.

    Raises:
        ArchiveError: It is damaged, or has paths that lead outside.
    """
    found: dict[bytes, int] = {}
    last = ""
    # Docker treats an empty file as an empty layer.
    for entry, _ in tar.entries(plain, path, budget):
        if entry.is_outside:
            raise ArchiveError(f"{entry.path[:200]} lies outside of it")
        folder, name = posixpath.split(entry.path)
        if name.startswith(_WHITEOUT):
            removed = posixpath.join(folder, name.removeprefix(_WHITEOUT))
            found.setdefault(_key(removed), _REMOVED)
        elif entry.kind is Kind.FILE:
            found[_key(entry.path)] = entry.size
        elif name not in {"", "."}:
            kind = _DIRECTORY if entry.kind is Kind.DIRECTORY else _LINK
            found.setdefault(_key(entry.path), kind)
        if folder != last:
            last = folder
            _add_folders(found, folder, budget)
    return found


def size(tree: Tree) -> int:
    """Return the bytes of a layer's files; hard links do not count."""
    return sum(each for each in tree.values() if each > 0)


def unpacked(trees: Iterable[Tree], budget: Budget) -> tuple[int, ...]:
    """Return the bytes of disk space that each layer takes, lowest first."""
    laid: dict[bytes, int] = {}
    now = _BLOCK
    taken: list[int] = []
    for tree in trees:
        budget.spend(Cost.HOP, 1 + len(tree) // _LAID)
        for key, each in tree.items():
            now += _blocks(each) - _blocks(laid.get(key, _REMOVED))
            laid[key] = each
        taken.append(now)
    return tuple(taken)


def _add_folders(found: dict[bytes, int], folder: str, budget: Budget) -> None:
    """Add the folders that a path implies."""
    while folder and (key := _key(folder)) not in found:
        budget.spend_entry()
        budget.spend(Cost.PATH, len(folder) // _PATH_UNIT)
        found[key] = _DIRECTORY
        folder = posixpath.dirname(folder)


def _blocks(each: int) -> int:
    if each == _DIRECTORY:
        return _BLOCK
    return 0 if each < 0 else -(-each // _BLOCK) * _BLOCK


def _key(path: str) -> bytes:
    return hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=16).digest()
