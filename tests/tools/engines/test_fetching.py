from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.engines import cache, fetching
from tools.engines.errors import FetchError, NotFetchedError, OtherVersionError
from tools.engines.names import Engine, Kind, Release

RELEASE = Release(Kind.DOCKER, "sid", "28.5.2")
ENGINE = Engine("docker-28.5", RELEASE)


@dataclass
class Archive:
    """A fake apt with one version of one package."""

    folder: Path
    version: str = "28.5.2+dfsg4-5"
    asked: list[str] = field(default_factory=list)

    def update(self) -> None:
        self.asked.append("update")

    def candidate(self, package: str) -> str:
        return self.version

    def download(self, package: str, version: str, others: tuple[str, ...]) -> list[Path]:
        self.asked.append(f"{package}={version}")
        self.folder.mkdir(parents=True, exist_ok=True)
        return [_package(self.folder)]


def _package(folder: Path) -> Path:
    """Build a package of one program."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: M <m@example.com>\nDescription: p\n"
    )
    (tree / "usr" / "sbin").mkdir(parents=True)
    (tree / "usr" / "sbin" / "dockerd").write_text("program")
    subprocess.run(["dpkg-deb", "--build", tree, folder / "p.deb"], check=True, capture_output=True)
    return folder / "p.deb"


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Archive:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    stand_in = Archive(tmp_path / "cache" / "docker-28.5.2.downloads")
    monkeypatch.setattr(fetching, "Apt", lambda *_: stand_in)
    return stand_in


@pytest.mark.usefixtures("archive")
def test_a_fetched_engine_is_a_root_file_system() -> None:
    said: list[str] = []
    root = fetching.fetch(RELEASE, said.append)

    assert fetching.fetched(ENGINE) == root == cache.folder() / "docker-28.5.2"
    assert (root / "sbin" / "dockerd").read_text() == "program"
    assert (root / "etc" / "passwd").read_text().startswith("root:x:0:0:")
    assert "docker.io 28.5.2+dfsg4-5 of Debian sid" in said[0]


def test_downloads_are_removed_after_unpacking(archive: Archive) -> None:
    fetching.fetch(RELEASE, lambda _: None)

    assert not archive.folder.exists()


def test_a_fetched_engine_is_not_fetched_again(archive: Archive) -> None:
    fetching.fetch(RELEASE, lambda _: None)
    asked = list(archive.asked)
    fetching.fetch(RELEASE, lambda _: None)

    assert archive.asked == asked


def test_downloads_are_kept_if_unpacking_fails(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise FetchError("no space left")

    monkeypatch.setattr(fetching, "unpack", refuse)
    with pytest.raises(FetchError, match="no space left"):
        fetching.fetch(RELEASE, lambda _: None)

    assert (archive.folder / "p.deb").exists()
    with pytest.raises(NotFetchedError, match=r"fetch docker-28\.5"):
        fetching.fetched(ENGINE)


def test_an_unexpected_version_is_refused_before_downloading(
    archive: Archive,
) -> None:
    archive.version = "28.6.0-1"

    with pytest.raises(OtherVersionError, match=r"28\.6\.0-1 now, but .* recorded with 28\.5\.2"):
        fetching.fetch(RELEASE, lambda _: None)
    assert archive.asked == ["update"]
