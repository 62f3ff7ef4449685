import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from musterd import importing
from musterd.errors import ImportFileError


def refused(path: Path | str) -> str:
    with pytest.raises(ImportFileError) as error:
        importing.read(str(path))
    return str(error.value)


def test_a_listing_is_read(data: Path) -> None:
    assert len(importing.read(str(data / "seed.json"))) == 3


def test_an_archive_is_read(data: Path) -> None:
    assert len(importing.read(str(data / "fixtures.tar.xz"))) == 20


@pytest.mark.parametrize("name", ["seed.json", "fixtures.tar.xz"])
def test_both_are_read_from_standard_input(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stdin = io.BytesIO((data / name).read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    assert importing.read("-") == importing.read(str(data / name))


def test_standard_input_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert refused("-") == "standard input is empty"


def test_a_byte_order_mark_and_white_space_may_stand_first(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xef\xbb\xbf \r\n\t[]")
    assert importing.read(str(file)) == []


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_called_empty(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    assert refused(file) == f"{file} is empty"


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "x") == f"cannot read {tmp_path}/x: No such file or directory"


def test_a_directory_is_called_a_directory(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"cannot read {tmp_path}: Is a directory"


def test_any_other_file_is_neither(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"hello")
    assert refused(file) == (
        f"{file} is neither a List Images response nor an archive of `docker save`"
    )
