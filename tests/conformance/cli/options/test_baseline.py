from __future__ import annotations

from pathlib import Path

import pytest

from muster.register.requirements import requirements
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.servers import Served, served
from tests.mutants.answers import OldestFirst
from tests.mutants.stand_in import StandIn

QUICK = ("--api-version", "1.23", "--only", "LIST-ORDER", "--only", "LIST-ERROR-STATUS")
KNOWN = '[[known]]\nid = "LIST-ORDER"\nreason = "It sorts by name."\n'
RULE = requirements()["LIST-ORDER"].rule


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known.toml"


def test_a_known_failure_does_not_count(muster: Muster, file: Path) -> None:
    file.write_text(KNOWN)
    with served(OldestFirst()) as server:
        ended = muster("check", server.target, *QUICK, "--baseline", file)
    assert (ended.status, ended.err) == (0, "")
    assert "FAIL LIST-ORDER" not in ended.out
    assert "LIST-ORDER: It sorts by name." in ended.out


def test_a_known_failure_that_is_fixed_gives_status_1(
    muster: Muster, file: Path, tcp: Served
) -> None:
    file.write_text(KNOWN)
    ended = muster("check", tcp.target, *QUICK, "--baseline", file)
    assert ended.status == 1
    assert "LIST-ORDER is met now: take it out." in ended.out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((None, ""), "No such file or directory"),
        ((b"\xff", ""), "it is not UTF-8"),
        ((b"\xff", "--update-baseline"), "it is not UTF-8"),
        ((b"x", ""), "it is not TOML"),
        ((b"x", "--update-baseline"), "it is not TOML"),
        ((b'[[known]]\nid = "LIST-ORDER"', ""), "LIST-ORDER: it has no reason"),
    ],
)
def test_an_invalid_baseline_is_reported_before_any_request(
    muster: Muster, file: Path, tcp: Served, given: tuple[bytes | None, str], told: str
) -> None:
    content, option = given
    before = len(tcp.seen)
    if content is not None:
        file.write_bytes(content)
    ended = muster("check", tcp.target, *QUICK, "--baseline", file, *option.split())
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"muster: --baseline {file}: ")
    assert told in ended.err
    assert len(tcp.seen) == before


def test_the_baseline_to_update_must_be_in_an_existing_directory(
    muster: Muster, tmp_path: Path, tcp: Served
) -> None:
    ended = muster("check", tcp.target, *QUICK, "--update-baseline")
    assert ended.status == 2
    assert "--update-baseline needs --baseline FILE" in ended.err
    nowhere = tmp_path / "none" / "known.toml"
    ended = muster("check", tcp.target, *QUICK, "--baseline", nowhere, "--update-baseline")
    assert ended.status == 2
    assert f"--baseline {nowhere}: there is no folder {nowhere.parent}" in ended.err


def test_an_update_adds_new_failures_and_requires_reasons(muster: Muster, file: Path) -> None:
    with served(OldestFirst()) as server:
        check = ("check", server.target, *QUICK, "--baseline", file)
        ended = muster(*check, "--update-baseline")
        assert ended.status == 1
        assert ended.err == f"muster: write a reason into {file} for: LIST-ORDER\n"
        written = file.read_text()
        assert written.endswith(f'\n# {RULE}\n[[known]]\nid = "LIST-ORDER"\nreason = ""\n')

        refused = muster(*check)
        assert refused.status == 2
        assert "LIST-ORDER: it has no reason" in refused.err

        file.write_text(written.replace('reason = ""', 'reason = "It sorts by name."'))
        assert muster(*check).status == 0


def test_an_update_removes_fixed_failures(muster: Muster, file: Path) -> None:
    file.write_text(f"# Ours.\n\n{KNOWN}")
    with served(StandIn()) as server:
        ended = muster("check", server.target, *QUICK, "--baseline", file, "--update-baseline")
    assert (ended.status, ended.err) == (0, "")
    assert file.read_text() == "# Ours.\n"


def test_an_unwritable_baseline_is_reported(
    muster: Muster, tmp_path: Path, file: Path, tcp: Served
) -> None:
    file.symlink_to(tmp_path / "none" / "known.toml")
    ended = muster("check", tcp.target, *QUICK, "--baseline", file, "--update-baseline")
    assert ended.status == 2
    assert ended.err == f"muster: --baseline {file}: No such file or directory\n"


def test_an_unreadable_baseline_is_reported(muster: Muster, tmp_path: Path, tcp: Served) -> None:
    file = tmp_path / "loop"
    file.symlink_to(file)
    ended = muster("check", tcp.target, *QUICK, "--baseline", file)
    assert ended.status == 2
    assert "Too many levels of symbolic links" in ended.err


def test_a_bundled_baseline_can_be_chosen_by_name(muster: Muster) -> None:
    with served(OldestFirst()) as server:
        check = ("check", server.target, *QUICK, "--skip", "LIST-ERROR-STATUS", "--baseline")
        ended = muster(*check, "podman-4.3")
    assert (ended.status, ended.err) == (0, "")
    assert "Known departures (podman-4.3):\n  LIST-ORDER: " in ended.out


def test_a_bundled_baseline_cannot_be_updated(muster: Muster, tcp: Served) -> None:
    options = ("--baseline", "podman-4.3", "--update-baseline")
    ended = muster("check", tcp.target, *QUICK, *options)
    assert ended.status == 2
    assert "podman-4.3 comes with muster; name a file of your own" in ended.err
