from pathlib import Path

import pytest

from musterd.errors import ImportFileError, SeedError
from musterd.seeds import files
from musterd.seeds.description import describe


@pytest.mark.parametrize("name", ["seed.yaml", "seed.YML"])
def test_the_file_extension_marks_a_seed_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("images:\n- name: app:1\n")
    assert files.read(str(path)) == [describe("app:1", origin=f"{path}:2")]


def test_other_files_are_read_as_listings_or_archives(data: Path) -> None:
    assert len(files.read(str(data / "seed.json"))) == 3
    assert len(files.read(str(data / "fixtures.tar.xz"))) == 20


def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "seed.yaml"
    with pytest.raises(ImportFileError, match=r"cannot read .*seed\.yaml: No such file"):
        files.read(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(SeedError, match="is not UTF-8 text"):
        files.read(str(path))
    monkeypatch.setattr(files, "_LARGEST", 9)
    path.write_bytes(b"images: []")
    with pytest.raises(SeedError, match="has more than 9 bytes"):
        files.read(str(path))
