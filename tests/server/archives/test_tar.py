import io
import tarfile
from typing import Any

import pytest

from musterd.archives import tar
from musterd.archives.limits import Budget, Limits
from musterd.archives.tar import Entry, Kind
from musterd.errors import ArchiveError
from tests.server.support.archives import pack

NAME = "x.tar"


def entries(data: bytes) -> list[tuple[Entry, bytes]]:
    budget = Budget(Limits(), NAME)
    return [
        (entry, content.read(2**20))
        for entry, content in tar.entries(io.BytesIO(data), NAME, budget)
    ]


def refused(data: bytes) -> str:
    with pytest.raises(ArchiveError) as error:
        entries(data)
    return str(error.value)


def header(name: str = "f", **fields: Any) -> bytearray:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return bytearray(info.tobuf(tarfile.GNU_FORMAT))


def corrected(block: bytearray) -> bytes:
    """Give a changed header its checksum."""
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def with_size(field: bytes) -> bytes:
    block = header()
    block[124:136] = field
    return corrected(block)


def pax(records: bytes) -> bytes:
    padded = records + bytes(-len(records) % 512)
    return bytes(header("p", type=tarfile.XHDTYPE, size=len(records))) + padded


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_is_read(form: int) -> None:
    long = "d/" * 60 + "name"
    members = {
        "a": (Kind.FILE, b"12345", ""),
        long: (Kind.FILE, b"x" * 600, ""),
        "hard": (Kind.HARD_LINK, b"", "a"),
        "soft": (Kind.SYMBOLIC_LINK, b"", "é/" * (20 if form == tarfile.USTAR_FORMAT else 80)),
        "dir": (Kind.DIRECTORY, b"", ""),
        "pipe": (Kind.OTHER, b"", ""),
        "last": (Kind.FILE, b"", ""),
    }
    types = {
        Kind.FILE: tarfile.REGTYPE,
        Kind.HARD_LINK: tarfile.LNKTYPE,
        Kind.SYMBOLIC_LINK: tarfile.SYMTYPE,
        Kind.DIRECTORY: tarfile.DIRTYPE,
        Kind.OTHER: tarfile.FIFOTYPE,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as packed:
        for name, (kind, content, target) in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = types[kind], target, len(content)
            packed.addfile(info, io.BytesIO(content))
    assert entries(buffer.getvalue()) == [
        (Entry(name, kind, len(content), target), content)
        for name, (kind, content, target) in members.items()
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./a//b/./c", "a/b/c"),
        ("/a", "a"),
        ("//a", "a"),
        ("a/../b", "b"),
        ("a/../../b", "../b"),
        ("..", ".."),
    ],
)
def test_paths_are_made_relative(name: str, path: str) -> None:
    ((entry, _),) = entries(bytes(header(name)))
    assert entry.path == path
    assert entry.is_outside == path.startswith("..")


def test_an_old_style_directory_is_recognized_by_its_slash() -> None:
    ((entry, _),) = entries(bytes(header("d/", type=tarfile.AREGTYPE)))
    assert entry.kind is Kind.DIRECTORY


def test_a_size_may_be_binary_encoded() -> None:
    ((entry, content),) = entries(with_size(b"\x80" + bytes(10) + b"\5") + b"12345" + bytes(507))
    assert (entry.size, content) == (5, b"12345")


def test_a_size_may_be_in_a_pax_header() -> None:
    data = pax(b"9 size=5\n") + bytes(header()) + b"12345" + bytes(507)
    ((entry, content),) = entries(data)
    assert (entry.size, content) == (5, b"12345")


def test_a_signed_checksum_is_accepted() -> None:
    block = header("\u00e9")
    block[148:156] = b" " * 8
    total = sum(byte - 256 if byte > 127 else byte for byte in block)
    block[148:156] = b"%06o\0 " % total
    ((entry, _),) = entries(bytes(block))
    assert entry.path == "\u00e9"


def test_a_path_that_is_not_utf_8_is_kept() -> None:
    block = header("x")
    block[0:1] = b"\xff"
    ((entry, _),) = entries(corrected(block))
    assert entry.path == "\udcff"


def test_global_headers_are_ignored() -> None:
    data = bytes(header("g", type=tarfile.XGLTYPE, size=10)) + b"10 path=b\n".ljust(512, b"\0")
    ((entry, _),) = entries(data + bytes(header("a")))
    assert entry.path == "a"


def test_an_empty_size_is_zero() -> None:
    block = header()
    block[124:136] = bytes(12)
    ((entry, _),) = entries(corrected(block))
    assert entry.size == 0


def test_an_empty_file_is_an_empty_archive() -> None:
    assert entries(b"") == []
    assert entries(bytes(1024) + b"whatever follows") == []


@pytest.mark.parametrize("data", [b"hello", b"x" * 512, b"x" * 2000])
def test_a_file_without_a_tar_header_is_refused(data: bytes) -> None:
    with pytest.raises(tar.NotATarError, match=r"^x\.tar is not a tar$"):
        entries(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pack([("a", b"")])[:512] + b"x" * 512, "bad checksum"),
        (pack([("a", b"")])[:512] + b"x" * 100, "truncated header"),
        (pack([("a", b"1")])[:512], "its end is missing"),
        (pack([("a", b"1")])[:600], "its end is missing"),
        (with_size(b"\xff" * 12), "a size is negative or absurd"),
        (with_size(b"\x80" + b"\xff" * 11), "a size is negative or absurd"),
        (with_size(b"-1".ljust(12)), "a size is not a number"),
        (with_size(b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7), "its end is missing"),
        (pax(b"11 size=-1\n"), "-1 is not a size"),
        (pax(b"29 size=99999999999999999999\n"), "99999999999999999999 is not a size"),
        (pax("9 size=²\n".encode()), "a pax header is malformed"),
        (pax(b"x size=1\n"), "a pax header is malformed"),
        (pax(b"99999999999 a=1\n"), "a pax header is malformed"),
        (pax(b"9 size=1\n7 a=b"), "a pax header is malformed"),
        (pax(b"22 GNU.sparse.major=1\n"), "it holds a sparse file, which cannot be read"),
        (bytes(header(type=b"S")), "it holds a sparse file, which cannot be read"),
        (bytes(header(type=tarfile.XHDTYPE, size=2**30)), "a header has 1073741824 bytes"),
        (bytes(header(type=tarfile.XHDTYPE, size=100)), "its end is missing"),
        (pax(b"10 path=a\n"), "its end is missing"),
        (pax(b"4110 path=" + b"a" * 4099 + b"\n"), "a path has more than 4096 characters"),
    ],
)
def test_a_damaged_or_absurd_archive_is_refused(data: bytes, problem: str) -> None:
    if data[156:157] == tarfile.XHDTYPE and "size" in problem and "negative" not in problem:
        data += bytes(header())
    if "4096" in problem:
        data += bytes(header())
    assert refused(data) == f"x.tar is damaged or cut short: {problem}"


def test_long_runs_of_headers_take_no_memory() -> None:
    budget = Budget(Limits(entries=3000), NAME)
    data = pax(b"10 path=a\n") * 4000
    with pytest.raises(ArchiveError, match="more than 3000 files"):
        list(tar.entries(io.BytesIO(data), NAME, budget))


def test_the_content_of_a_link_is_ignored() -> None:
    block = header("l", type=tarfile.SYMTYPE, linkname="a", size=5)
    assert [entry.path for entry, _ in entries(bytes(block) + bytes(header("next")))] == [
        "l",
        "next",
    ]


def test_other_pax_records_are_ignored() -> None:
    data = pax(b"10 path=a\n16 comment=none\n9 path=b\n")
    ((entry, _),) = entries(data + bytes(header("c")))
    assert entry.path == "b"
