"""The credentials file: access keys, secrets, and their accounts.

Verifying a signature needs the secret itself; a hash would not do. So secrets are in a file that
only its owner can read, and not in the catalogue, which others may share, replicate and back up.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from musterd import directories
from musterd.errors import CredentialsError
from musterd.storage import accounts

_DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ACCESS_KEY_DIGITS = 18
_SECRET_OCTETS = 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key that signs requests.

    Attributes:
        access_key: The public part, which identifies the key.
        secret_key: The secret part, shown only once, when it is created.
        account: The account whose images it gives access to.
        created: The creation date, in UTC.
    """

    access_key: str
    secret_key: str = field(repr=False)
    account: str
    created: datetime


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    credentials: list[Credential]


class CredentialFile:
    """Credentials in a file, which is read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: object = None
        self._known: dict[str, Credential] = {}

    def exists(self) -> bool:
        """Tell whether the file exists."""
        return self.path.exists()

    def all(self) -> Sequence[Credential]:
        """Return all credentials, oldest first.

        Raises:
            CredentialsError: The file is missing, malformed, or readable by others.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                self._check(status)
                # The content may have changed if any of these has.
                seen = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
                if seen != self._seen:
                    self._known = {each.access_key: each for each in self._read(file.read())}
                    self._seen = seen
        except OSError as error:
            raise CredentialsError(f"cannot read {self.path}: {error.strerror}") from error
        return list(self._known.values())

    def find(self, access_key: str) -> Credential | None:
        """Return the credential with this access key; None if there is none.

        Raises:
            CredentialsError: The file is missing, malformed, or readable by others.
        """
        self.all()
        return self._known.get(access_key)

    def add(self, account: str) -> Credential:
        """Create a credential for an account, and the file if it does not exist.

        Raises:
            AccountError: The account name is invalid.
            CredentialsError: The file cannot be read or written.
        """
        new = Credential(
            access_key="AK" + "".join(secrets.choice(_DIGITS) for _ in range(_ACCESS_KEY_DIGITS)),
            secret_key=secrets.token_hex(_SECRET_OCTETS),
            account=accounts.check(account),
            created=datetime.now(UTC).replace(microsecond=0),
        )
        with self._changing():
            self._write([*(self.all() if self.exists() else ()), new])
        return new

    def revoke(self, access_key: str) -> None:
        """Delete a credential. A running server refuses it from the next request on.

        Raises:
            CredentialsError: No credential has this key, or the file cannot be read or written.
        """
        with self._changing():
            kept = [each for each in self.all() if each.access_key != access_key]
            if len(kept) == len(self._known):
                raise CredentialsError(f"there is no access key {access_key} in {self.path}")
            self._write(kept)

    def _check(self, status: os.stat_result) -> None:
        if status.st_mode & _OTHERS:
            raise CredentialsError(
                f"{self.path} can be read by others than its owner; run chmod 600 {self.path}, and "
                "make new keys if somebody may have read these"
            )
        if status.st_uid not in (os.geteuid(), 0):
            raise CredentialsError(f"{self.path} belongs to another user, who could change it")

    def _read(self, text: bytes) -> Sequence[Credential]:
        try:
            return msgspec.json.decode(text, type=_Content).credentials
        except msgspec.DecodeError:
            # The message could quote a secret.
            raise CredentialsError(f"{self.path} is not a credential file") from None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Lock the file against other writers."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)
        except OSError as error:
            raise CredentialsError(f"cannot write {self.path}: {error.strerror}") from error

    def _write(self, credentials: Sequence[Credential]) -> None:
        """Replace the file atomically, so that nobody reads an incomplete one."""
        text = msgspec.json.format(msgspec.json.encode(_Content(list(credentials))))
        # mkstemp creates the file readable by its owner only.
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def default_path() -> Path:
    """Return the path of the user's default credentials file."""
    return directories.config_directory() / "credentials.json"
