from __future__ import annotations

from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.planting import planted_file
from muster.planting.docker_archive import build
from muster.planting.fixtures import FIXTURES, many
from muster.register.requirements import Need


@pytest.mark.parametrize(
    ("count", "provided"), [(0, {Need.PLANTED}), (2, {Need.PLANTED, Need.MANY})]
)
def test_a_planted_file_is_read_back_unchanged(
    tmp_path: Path, count: int, provided: set[Need]
) -> None:
    archive = build("run", (*FIXTURES, *many(count)))
    (tmp_path / "planted.json").write_bytes(planted_file.text("run", archive.images))

    ground = planted_file.read(tmp_path / "planted.json")

    assert ground.images == archive.images
    assert ground.provided == provided, "nothing gives leave to change them"
    assert not ground.obstacles


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"run":"a","images":[],"format":2}'])
def test_an_invalid_planted_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(UsageError, match=r"other\.json: not a file of `muster fixtures"):
        planted_file.read(tmp_path / "other.json")


def test_a_missing_planted_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: No such file"):
        planted_file.read(tmp_path / "nowhere")
