import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from musterd.archives import reader
from musterd.archives.limits import Limits
from musterd.errors import ArchiveTooLargeError, ImportFileError
from musterd.zstandard import zstd
from tests.server.support.archives import Layout


def refused(path: Path | str) -> str:
    with pytest.raises(ImportFileError) as error:
        reader.read(str(path))
    return str(error.value)


def test_a_listing_is_read(data: Path) -> None:
    assert len(reader.read(str(data / "seed.json"))) == 3


def test_an_archive_is_read(data: Path) -> None:
    assert len(reader.read(str(data / "fixtures.tar.xz"))) == 20


@pytest.mark.parametrize("name", ["seed.json", "fixtures.tar.xz"])
def test_listings_and_archives_are_read_from_standard_input(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stdin = io.BytesIO((data / name).read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    assert reader.read("-") == reader.read(str(data / name))


def test_standard_input_is_named_in_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert refused("-") == "standard input is empty"


def test_a_leading_byte_order_mark_and_whitespace_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xef\xbb\xbf \r\n\t[]")
    assert reader.read(str(file)) == []


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_reported(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    assert refused(file) == f"{file} is empty"


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    assert refused(tmp_path / "x") == f"cannot read {tmp_path}/x: No such file or directory"


def test_a_directory_may_be_an_image_layout(tmp_path: Path) -> None:
    layout = Layout()
    assert len(reader.read(str(layout.directory(tmp_path, layout.image())))) == 1


def test_a_directory_that_is_not_an_image_layout_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(f"{tmp_path} has neither a manifest.json nor an index.json")


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_listing_may_be_compressed(
    tmp_path: Path, data: Path, compress: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "x"
    file.write_bytes(compress((data / "seed.json").read_bytes()))
    assert len(reader.read(str(file))) == 3


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"[" + b" " * 1000)
    with pytest.raises(ArchiveTooLargeError, match=r"x has more than 500 bytes$"):
        reader.read(str(file), Limits(archive_size=500))
    monkeypatch.setattr(reader, "_LARGEST_LISTING", 600)
    assert refused(file) == f"{file} has more than 600 bytes"


def test_a_file_of_unknown_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"hello")
    assert refused(file) == (
        f"{file} is neither a List Images response nor an archive of `docker save` nor an OCI "
        "image layout"
    )
