"""Certificates for tests, made when they are needed: by `openssl`, good for two days."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.missing import require_program


@dataclass(frozen=True)
class Authority:
    """A root that signs certificates."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def sign(self, name: str) -> tuple[Path, Path]:
        """Return a certificate for 127.0.0.1, and its key."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"
        _openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-CA", self.root, "-CAkey", self.folder / "root-key.pem"),
            *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", key, "-out", certificate),
        )
        return certificate, key


def authority(folder: Path) -> Authority:
    folder.mkdir()
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=root"),
        *("-keyout", folder / "root-key.pem", "-out", folder / "root.pem"),
    )
    return Authority(folder)


def _openssl(*arguments: str | Path) -> None:
    program = require_program("openssl")
    subprocess.run([program, *arguments], check=True, capture_output=True, timeout=60)
