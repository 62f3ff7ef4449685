from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from tools.engines import cache


def test_a_variable_sets_the_cache_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))

    assert cache.folder() == tmp_path


def test_the_default_directory_is_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache.folder() == tmp_path / "muster" / "engines"


def test_a_directory_appears_only_when_complete(tmp_path: Path) -> None:
    place = tmp_path / "engine"
    with cache.whole(place) as partial:
        (partial / "file").write_text("")
        assert not place.exists()

    assert [path.name for path in place.iterdir()] == ["file"]
    assert list(tmp_path.iterdir()) == [place]


def test_an_incomplete_directory_is_removed(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), cache.whole(tmp_path / "engine") as partial:
        partial.write_text("no room for a folder's bytes")

    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_process_are_discarded(tmp_path: Path) -> None:
    rest = tmp_path / "engine.partial" / "rest"
    rest.mkdir(parents=True)
    with cache.whole(tmp_path / "engine"):
        pass

    assert list((tmp_path / "engine").iterdir()) == []


def _hold(folder: str, held: multiprocessing.synchronize.Event) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, folder)
        with cache.locked("engine"):
            held.set()
            time.sleep(0.3)
            (Path(folder) / "done").write_text("")


def test_concurrent_processes_do_not_fetch_the_same_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    spawning = multiprocessing.get_context("spawn")
    held = spawning.Event()
    other = spawning.Process(target=_hold, args=(str(tmp_path), held))
    other.start()
    assert held.wait(30)
    with cache.locked("engine"):
        assert (tmp_path / "done").exists()
    other.join()
