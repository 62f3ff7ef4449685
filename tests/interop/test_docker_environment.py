"""The Docker CLI and the suite find the same server in any environment."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from muster.transport import docker_environment
from muster.transport.target import parse_target

from .conftest import DOCKER
from .support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .support.docker_cli import DockerCli

GREETING = b"\x16\x03"
"""What every TLS connection begins with."""


class Listener:
    """Accepts connections and records whether they start with TLS; answers none."""

    def __init__(self, listening: socket.socket) -> None:
        self.socket = listening
        self.tls: list[bool] = []
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                with client:
                    self.tls.append(client.recv(2) == GREETING)

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(timeout=20)


@pytest.fixture
def listeners(new_folder: Callable[[], Path]) -> Iterator[dict[str, Listener]]:
    """One on a port, and one on a Unix socket."""
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(new_folder() / "s"))
    unix.listen()
    port = socket.create_server(("127.0.0.1", 0))
    both = {"unix": Listener(unix), "port": Listener(port)}
    yield both
    for listener in both.values():
        listener.close()


@pytest.fixture(scope="module")
def certificates(openssl: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    certificate = make_certificate(openssl, folder)
    for name in ("ca", "cert"):
        (folder / f"{name}.pem").write_bytes(certificate.read_bytes())
    return folder


TLS = [
    {},
    {"DOCKER_TLS_VERIFY": "1"},
    {"DOCKER_TLS_VERIFY": "0"},
    {"DOCKER_TLS_VERIFY": ""},
    {"DOCKER_TLS": "1"},
    {"DOCKER_TLS": "0", "DOCKER_TLS_VERIFY": ""},
]


@pytest.mark.parametrize("tls", TLS, ids=str)
@pytest.mark.parametrize("over", ["tcp", "bare", "unix"])
def test_docker_contacts_the_same_address_as_the_suite(
    docker_cli: DockerCli,
    listeners: dict[str, Listener],
    certificates: Path,
    tls: dict[str, str],
    over: str,
) -> None:
    asked = listeners["unix" if over == "unix" else "port"]
    name = asked.socket.getsockname()
    host = f"unix://{name}" if over == "unix" else f"127.0.0.1:{name[1]}"
    host = f"tcp://{host}" if over == "tcp" else host
    environment = {**tls, "DOCKER_HOST": host, "DOCKER_CERT_PATH": str(certificates)}
    subprocess.run(
        [docker_cli.program.path, "images"],
        env={"PATH": os.environ["PATH"], "HOME": str(certificates), **environment},
        check=False,
        capture_output=True,
        timeout=60,
    )

    found = docker_environment.read(environment)
    target = parse_target(found.host, tls=found.tls is not None)
    if over == "unix" and found.tls and docker_cli.program.is_release(DOCKER):
        # This release finds no socket then; later ones ask it without TLS, as the suite does.
        assert asked.tls == []
    else:
        assert set(asked.tls) == {target.scheme == "https"}
