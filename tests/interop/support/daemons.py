"""Real daemons: each in a folder of its own, on loopback, holding the images of `images.py`."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode, urlsplit

from . import images
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .programs import Program

JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str | None
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Daemon:
    """A daemon that answers on a TCP port and on a Unix socket.

    Attributes:
        url: `tcp://127.0.0.1:PORT`
        socket: `unix:///path`
        version: of the daemon, such as `20.10.24`
        registry: host:port that begins the names of the pulled images
    """

    url: str
    socket: str
    version: str
    registry: str

    def ask(
        self,
        target: str,
        method: Literal["GET", "HEAD", "OPTIONS", "POST"] = "GET",
        body: bytes = b"",
        *,
        by_socket: bool = False,
    ) -> Answer:
        """Send the target byte for byte."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        if by_socket:
            connection.sock = socket.socket(socket.AF_UNIX)
        try:
            if by_socket:
                connection.sock.connect(urlsplit(self.socket).path)
            headers = {"Content-Type": "application/x-tar"} if body else {}
            connection.request(method, target, body=body or None, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type"), response.read())
        finally:
            connection.close()

    def images(self, **query: str) -> list[dict[str, Any]]:
        """Return the listing at v1.23."""
        answer = self.ask("/v1.23/images/json?" + urlencode(query))
        assert (answer.status, answer.content_type) == (200, JSON), answer
        listing: list[dict[str, Any]] = answer.json()
        return listing

    def answers(self, *, by_socket: bool = False) -> bool:
        try:
            return self.ask("/_ping", by_socket=by_socket).status == 200
        except OSError:
            return False

    def load(self, archive: bytes) -> None:
        answer = self.ask("/v1.23/images/load", "POST", archive)
        assert answer.status == 200, answer
        assert b"rror" not in answer.body, answer

    def pull(self, target: str, **query: str) -> None:
        """Pull an image by the daemon's own endpoint; the names differ from engine to engine."""
        answer = self.ask(f"{target}?{urlencode(query)}", "POST")
        assert answer.status == 200, answer
        assert b"rror" not in answer.body, answer


@contextmanager
def dockerd(program: Program, registry: str, folder: Path) -> Iterator[Daemon]:
    daemon = _at(folder, program, registry)
    (folder / "daemon.json").write_text("{}")
    command = [
        *("unshare", "--mount"),  # dockerd mounts its folder upon itself: out of sight, and no rest
        *(program.path, "--config-file", f"{folder}/daemon.json"),
        *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
        *("--pidfile", f"{folder}/pid", "--storage-driver", "vfs"),
        *("--bridge=none", "--iptables=false", "--ip-forward=false"),
        *("--host", daemon.url, "--host", daemon.socket),
    ]
    with running(command, folder / "log") as process:
        process.wait_until(daemon.answers)
        daemon.load(images.archive())
        for repository, reference in (
            (images.TAGGED_REPOSITORY, "1"),
            (images.DIGEST_ONLY_REPOSITORY, images.DIGEST_ONLY.manifest.digest),
        ):
            daemon.pull("/v1.23/images/create", fromImage=f"{registry}/{repository}", tag=reference)
        yield daemon


@contextmanager
def podman(
    program: Program, registry: str, folder: Path, *, empty: bool = False
) -> Iterator[Daemon]:
    daemon = _at(folder, program, registry)
    # Nothing of the machine's own Podman: neither its settings nor its locks.
    (folder / "containers.conf").write_text('[engine]\nlock_type = "file"\n')
    (folder / "registries.conf").write_text("")
    env = {
        "CONTAINERS_CONF": f"{folder}/containers.conf",
        "CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf",
        "TMPDIR": str(folder),
    }
    service = [
        *(program.path, "--storage-driver", "vfs", "--events-backend", "none"),
        *("--root", f"{folder}/root", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/libpod"),
        *("system", "service", "--time", "0"),
    ]
    # A service has one address; two over one store are one daemon to their clients.
    with running([*service, daemon.url], folder / "log", env) as by_port:
        by_port.wait_until(daemon.answers)
        if not empty:
            _fill_podman(daemon)
        with running([*service, daemon.socket], folder / "log-socket", env) as by_socket:
            by_socket.wait_until(lambda: daemon.answers(by_socket=True))
            yield daemon


def _fill_podman(daemon: Daemon) -> None:
    daemon.load(images.archive())
    for reference in (
        f"{daemon.registry}/{images.TAGGED_REPOSITORY}:1",
        f"{daemon.registry}/{images.DIGEST_ONLY_REPOSITORY}@{images.DIGEST_ONLY.manifest.digest}",
    ):
        daemon.pull("/v4.0.0/libpod/images/pull", reference=reference, tlsVerify="false")


def _at(folder: Path, program: Program, registry: str) -> Daemon:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Daemon(
        url=f"tcp://127.0.0.1:{port}",
        socket=f"unix://{folder}/socket",
        version=program.version,
        registry=registry,
    )
