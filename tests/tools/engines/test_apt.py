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


def test_the_version_is_taken_from_the_requested_suite() -> None:
    assert apt.newest(MADISON, "docker.io", "sid") == "28.5.2+dfsg4-5"
    assert apt.newest(MADISON, "docker.io", "experimental") == "29.0.0-1"


def test_a_package_missing_from_the_suite_is_reported() -> None:
    with pytest.raises(FetchError, match=r"Debian trixie has no package docker\.io"):
        apt.newest(MADISON, "docker.io", "trixie")


def test_every_suite_is_a_signed_source() -> None:
    text = apt.sources("http://mirror.test/debian", ("experimental", "sid"))

    assert text.splitlines() == [
        f"deb [signed-by={apt.KEYS}] http://mirror.test/debian {suite} main"
        for suite in ("experimental", "sid")
    ]


def test_the_archive_is_taken_from_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(apt.MIRROR, raising=False)
    answer = "http://a.test/debian-security/\nhttp://a.test/debian/\nhttp://b.test/debian/\n"
    monkeypatch.setattr(apt, "run", lambda *_: answer)

    assert apt.mirror() == "http://a.test/debian/"


def test_a_variable_selects_another_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apt.MIRROR, "http://mine.test/debian")

    assert apt.mirror() == "http://mine.test/debian"


def test_a_machine_without_a_debian_archive_gets_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(apt.MIRROR, raising=False)
    monkeypatch.setattr(apt, "run", lambda *_: "http://a.test/ubuntu/\n")

    with pytest.raises(FetchError, match="name one in MUSTER_DEBIAN_MIRROR"):
        apt.mirror()


def test_installed_packages_do_not_affect_the_download(
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


def test_a_missing_program_is_reported() -> None:
    with pytest.raises(FetchError, match="no-such-apt is not installed"):
        apt.run("no-such-apt")


def test_a_failing_program_is_reported_with_its_output() -> None:
    with pytest.raises(FetchError, match="sh failed: no route"):
        apt.run("sh", "-c", "echo no route >&2; exit 100")
