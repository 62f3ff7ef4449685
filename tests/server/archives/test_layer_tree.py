"""The disk space of layers."""

import io
import tarfile
from typing import Any

import pytest

from musterd.archives import layer_tree
from musterd.archives.limits import Budget, Limits
from musterd.errors import ArchiveError, ArchiveTooLargeError
from tests.server.support.archives import link, pack


def of_kind(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = kind
    return info


FOLDER = of_kind(tarfile.DIRTYPE)


def budget(**limits: Any) -> Budget:
    found = Budget(Limits(**limits), "x")
    found.receive(10_000)
    return found


def tree(*members: Any, within: Budget | None = None) -> layer_tree.Tree:
    return layer_tree.read(io.BytesIO(pack(members)), "x", within or budget())


def taken(*layers: Any) -> int:
    return sum(layer_tree.unpacked((tree(*members) for members in layers), budget())) // 4096


def test_a_file_takes_whole_blocks_and_each_directory_one() -> None:
    assert taken([("a", b"1")]) == 2
    assert taken([("a", b"1" * 4096)]) == 2
    assert taken([("a", b"1" * 4097)]) == 3
    assert taken([("a/b/c", b"1")]) == 4
    assert taken([("a", FOLDER), ("a/b", FOLDER), ("a/b/c", b"1"), ("a/b/d", b"")]) == 4
    assert taken([(".", FOLDER)]) == 1
    assert taken() == 0


def test_links_and_devices_take_no_space() -> None:
    members = [
        ("a", b"1"),
        ("b", link("a")),
        ("c", link("a", tarfile.LNKTYPE)),
        ("d", of_kind(tarfile.FIFOTYPE)),
    ]
    assert taken(members) == 2
    assert layer_tree.size(tree(*members)) == 1


def test_each_layer_includes_the_layers_below() -> None:
    assert taken([("a", b"1")], [("b", b"1")]) == 2 + 3
    assert taken([("a", b"1")], [("a", b"1" * 5000)]) == 2 + 3


def test_whiteouts_remove_files() -> None:
    assert taken([("a", b"1"), ("b", b"2")], [(".wh.a", b"")]) == 3 + 2
    assert taken([("a", b"1")], [(".wh.a", b""), ("a", b"12")]) == 2 + 2
    assert taken([("a", b"1")], [("a", b"12"), (".wh.a", b"")]) == 2 + 2


def test_the_last_of_several_equal_paths_counts() -> None:
    assert layer_tree.size(tree(("a", b"12"), ("a", b"1"), ("a", link("b")))) == 1


def test_a_path_outside_the_layer_is_refused() -> None:
    with pytest.raises(ArchiveError, match=r"^\.\./a lies outside of it$"):
        tree(("../a", b""))


def test_directories_count_as_entries() -> None:
    with pytest.raises(ArchiveTooLargeError, match="hold more than 9 files"):
        tree(("a/b/c/d/e/f/g/h/i/j", b""), within=budget(entries=9))


def test_merging_layers_costs_steps() -> None:
    large = {bytes([number]): 1 for number in range(200)}
    within = budget()
    with pytest.raises(ArchiveTooLargeError, match="more than 1000000 steps"):
        layer_tree.unpacked((large for _ in range(30_000)), within)
