import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from musterd.access import credentials
from musterd.access.credentials import CredentialFile
from musterd.errors import AccountError, CredentialsError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "credentials.json"


@pytest.fixture
def file(path: Path) -> CredentialFile:
    return CredentialFile(path)


def test_a_created_credential_can_be_found(file: CredentialFile, path: Path) -> None:
    assert not file.exists()
    made = [file.add("red"), file.add("blue"), file.add("red")]
    assert file.exists()
    for known in (file, CredentialFile(path)):
        assert list(known.all()) == made
        assert [known.find(each.access_key) for each in made] == made
        assert known.find("AKNOSUCH") is None
    assert [each.account for each in made] == ["red", "blue", "red"]
    assert len({each.access_key for each in made} | {each.secret_key for each in made}) == 6


def test_a_key_is_long_and_alphanumeric(file: CredentialFile) -> None:
    made = file.add("red")
    assert len(made.access_key) == 20
    assert made.access_key.isalnum()
    assert len(bytes.fromhex(made.secret_key)) == 20


def test_the_repr_hides_the_secret(file: CredentialFile) -> None:
    made = file.add("red")
    assert made.secret_key not in repr(made)


def test_nobody_but_the_owner_can_read_the_file(file: CredentialFile, path: Path) -> None:
    file.add("red")
    file.add("blue")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_can_read_is_refused(
    file: CredentialFile, path: Path, mode: int
) -> None:
    file.add("red")
    path.chmod(mode)
    for use in (file.all, lambda: file.find("AK"), lambda: file.add("x")):
        with pytest.raises(CredentialsError, match=r"can be read by others .*run chmod 600 /"):
            use()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(file: CredentialFile, path: Path) -> None:
    file.add("red")
    os.chown(path, 12345, 12345)
    with pytest.raises(CredentialsError, match="belongs to another user, who could change it"):
        file.all()


def test_a_revoked_key_is_no_longer_found(file: CredentialFile, path: Path) -> None:
    first, second = file.add("red"), file.add("red")
    other = CredentialFile(path)
    assert other.find(first.access_key) == first
    file.revoke(first.access_key)
    assert other.find(first.access_key) is None
    assert list(other.all()) == [second]
    file.revoke(second.access_key)
    assert list(other.all()) == []
    assert path.exists()


def test_an_unknown_key_cannot_be_revoked(file: CredentialFile) -> None:
    file.add("red")
    with pytest.raises(CredentialsError, match=r"^there is no access key AKNOSUCH in /"):
        file.revoke("AKNOSUCH")
    assert len(file.all()) == 1


def test_an_invalid_account_name_is_refused(file: CredentialFile) -> None:
    with pytest.raises(AccountError):
        file.add("No Name")
    assert not file.exists()


def test_concurrent_additions_are_all_kept(path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: CredentialFile(path).add("red"), range(24)))
    assert len(CredentialFile(path).all()) == 24


@pytest.mark.parametrize("text", ["", "[]", '{"credentials": [{"secret_key": "hush"}]}', "{hush"])
def test_an_invalid_credential_file_is_refused_without_quoting_it(
    file: CredentialFile, path: Path, text: str
) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(CredentialsError, match=r"is not a credential file$") as error:
        file.all()
    assert "hush" not in str(error.value)


def test_a_missing_credential_file_is_reported(file: CredentialFile) -> None:
    with pytest.raises(CredentialsError, match=r"^cannot read .*: No such file"):
        file.all()


def test_an_unwritable_path_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CredentialsError, match=r"^cannot write .*: (Not a directory|File exists)"):
        CredentialFile(tmp_path / "file" / "x").add("red")


def test_a_failed_write_keeps_the_old_file(
    file: CredentialFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = file.add("red")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CredentialsError, match="No space left on device"):
        file.add("blue")
    assert list(CredentialFile(path).all()) == [made]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_credential_file_is_documented_json(file: CredentialFile, path: Path) -> None:
    made = file.add("red")
    [written] = json.loads(path.read_text())["credentials"]
    assert written == {
        "access_key": made.access_key,
        "secret_key": made.secret_key,
        "account": "red",
        "created": made.created.isoformat().replace("+00:00", "Z"),
    }


def test_the_default_path_is_in_the_users_configuration_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert credentials.default_path() == tmp_path / "musterd" / "credentials.json"
