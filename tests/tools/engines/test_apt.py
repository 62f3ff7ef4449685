from __future__ import annotations

from pathlib import Path

import pytest

from tools.engines import apt
from tools.engines.errors import FetchError

MADISON = """\
 docker.io | 28.5.2+dfsg4-5 | http://mirror.test/debian sid/main amd64 Packages
 docker.io | 28.5.2+dfsg4-4 | http://mirror.test/debian sid/main amd64 Packages
 docker.io | 29.0.0-1 | http://mirror.test/debian experimental/main amd64 Packages
"""


def test_a_version_is_that_of_the_suite_that_is_asked_for() -> None:
    assert apt.newest(MADISON, "docker.io", "sid") == "28.5.2+dfsg4-5"
    assert apt.newest(MADISON, "docker.io", "experimental") == "29.0.0-1"


def test_a_package_that_the_suite_lacks_is_named() -> None:
    with pytest.raises(FetchError, match=r"Debian trixie has no package docker\.io"):
        apt.newest(MADISON, "docker.io", "trixie")


def test_every_suite_is_a_source_that_must_be_signed() -> None:
    text = apt.sources("http://mirror.test/debian", ("experimental", "sid"))

    assert text.splitlines() == [
        f"deb [signed-by={apt.KEYS}] http://mirror.test/debian {suite} main"
        for suite in ("experimental", "sid")
    ]


def test_the_archive_is_the_one_that_apt_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(apt.MIRROR, raising=False)
    answer = "http://a.test/debian-security/\nhttp://a.test/debian/\nhttp://b.test/debian/\n"
    monkeypatch.setattr(apt, "run", lambda *_: answer)

    assert apt.mirror() == "http://a.test/debian/"


def test_a_variable_names_another_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apt.MIRROR, "http://mine.test/debian")

    assert apt.mirror() == "http://mine.test/debian"


def test_a_machine_without_debians_archive_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(apt.MIRROR, raising=False)
    monkeypatch.setattr(apt, "run", lambda *_: "http://a.test/ubuntu/\n")

    with pytest.raises(FetchError, match="name one in MUSTER_DEBIAN_MIRROR"):
        apt.mirror()


def test_what_is_installed_here_decides_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(apt.MIRROR, "http://mine.test/debian")
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(apt, "run", lambda *command: commands.append(command) or "")
    apt.Apt(tmp_path / "apt", ("sid",)).update()

    [command] = commands
    assert command[-1] == "update"
    assert f"--option=Dir::State::Status={tmp_path}/apt/status" in command
    assert (tmp_path / "apt" / "status").read_text() == ""
    assert " sid main" in (tmp_path / "apt" / "sources.list").read_text()


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(FetchError, match="no-such-apt is not installed"):
        apt.run("no-such-apt")


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(FetchError, match="sh failed: no route"):
        apt.run("sh", "-c", "echo no route >&2; exit 100")
