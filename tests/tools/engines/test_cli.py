from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.engines import cache, cli
from tools.engines.errors import OtherVersionError
from tools.engines.names import ENGINES, Release


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    return tmp_path


def test_the_list_has_every_engine_and_says_which_are_fetched(empty_cache: Path) -> None:
    (empty_cache / "docker-26.1.5").mkdir()
    lines = CliRunner().invoke(cli.main, ["list"]).stdout.splitlines()

    assert [line.split()[0] for line in lines[:-1]] == [engine.name for engine in ENGINES]
    assert [line.split()[0] for line in lines if line.split()[2:] == ["fetched"]] == [
        "docker-26.1",
        "docker-26.1-containerd",
    ]
    assert lines[-1] == f"in {empty_cache}"


def test_a_failed_fetch_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    def fetch(release: Release, _: object) -> Path:
        if release.suite == "sid":
            raise OtherVersionError("Debian sid has another")
        return empty_cache / release.name

    monkeypatch.setattr(cli, "fetch", fetch)
    done = CliRunner().invoke(cli.main, ["fetch", "podman-5.8", "podman-5.4"])

    assert done.exit_code == 1
    assert f"podman-5.4: 5.4.2 in {empty_cache}/podman-5.4.2" in done.stdout
    assert "podman-5.8: Debian sid has another" in done.stderr


def test_without_a_name_every_engine_is_fetched(
    monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    monkeypatch.setattr(cli, "fetch", lambda release, _: empty_cache / release.name)
    done = CliRunner().invoke(cli.main, ["fetch"])

    assert len(done.stdout.splitlines()) == len(ENGINES)


def test_an_unknown_engine_is_a_usage_error() -> None:
    done = CliRunner().invoke(cli.main, ["fetch", "docker-99"])

    assert done.exit_code == 2
    assert "there is no engine 'docker-99'" in done.stderr


def test_an_unfetched_engine_cannot_be_started() -> None:
    done = CliRunner().invoke(cli.main, ["start", "docker-26.1"])

    assert done.exit_code == 1
    assert "python -m tools.engines fetch docker-26.1" in done.stderr
