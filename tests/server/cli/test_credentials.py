"""The commands `musterd credentials`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from musterd.access.credentials import CredentialFile
from musterd.cli import main

Command = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own credentials would be."""
    file = tmp_path / "settings" / "credentials.json"
    monkeypatch.setattr("musterd.cli.credentials.default_path", lambda: file)
    return file


@pytest.fixture
def command() -> Command:
    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main.commands, ["credentials", *map(str, arguments)])

    return call


def test_a_key_can_be_created_listed_and_revoked(command: Command, path: Path) -> None:
    said = command("add", "--account", "red").output
    [access, secret] = [line.partition(": ")[2] for line in said.splitlines()]
    assert said == f"access key: {access}\nsecret key: {secret}\n"
    known = CredentialFile(path).find(access)
    assert known is not None
    assert (known.secret_key, known.account) == (secret, "red")

    listed = command("list").output
    assert listed == f"{access}  {known.created:%Y-%m-%d %H:%M:%S}Z  red\n"
    assert command("revoke", access).output == f"musterd: {access} revoked\n"
    assert command("list").output == ""


def test_another_credential_file_can_be_chosen(
    command: Command, path: Path, tmp_path: Path
) -> None:
    command("add", "--credentials", tmp_path / "other")
    assert command("list", "--credentials", tmp_path / "other").output
    assert not path.exists()


def test_the_list_shows_no_secrets(command: Command, path: Path) -> None:
    secrets = [CredentialFile(path).add("red").secret_key for _ in range(2)]
    listed = command("list").output
    assert len(listed.splitlines()) == 2
    assert not any(secret in listed for secret in secrets)


def test_revoking_an_unknown_key_fails(command: Command, path: Path) -> None:
    CredentialFile(path).add("red")
    assert "there is no access key AKNOSUCH in " in str(command("revoke", "AKNOSUCH").exception)
