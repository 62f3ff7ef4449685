from __future__ import annotations

from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.record.baseline import read
from muster.record.shipped_baselines import is_shipped, names, resolve
from muster.register.requirements import requirements


def test_every_bundled_baseline_can_be_read_by_name() -> None:
    assert "podman-4.3" in names()
    for name in names():
        file = resolve(name)
        assert is_shipped(file)
        assert read(file, requirements(), name=name).file == name


def test_an_existing_file_overrides_a_bundled_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "podman-4.3").touch()
    assert resolve("podman-4.3") == Path("podman-4.3")
    assert not is_shipped(Path("podman-4.3"))


@pytest.mark.parametrize("name", ["known.toml", "./podman", "folder/podman-4.3"])
def test_a_path_is_not_looked_up_as_a_name(name: str) -> None:
    assert resolve(name) == Path(name)


def test_an_unknown_baseline_is_reported_with_the_bundled_ones() -> None:
    with pytest.raises(UsageError, match=r"these do: docker-1\.11, .*podman-4\.3"):
        resolve("podman")
