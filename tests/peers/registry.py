"""A registry of the Docker Registry HTTP API V2 that daemons on this machine can pull from."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class RemoteImage:
    """One image as a registry keeps it: the same bytes, hence the same digests, on every run."""

    config: bytes
    layer: bytes
    manifest: bytes

    @classmethod
    def of(cls, created: str, labels: Mapping[str, str]) -> RemoteImage:
        """An image of one layer with one small file."""
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            content = created.encode()
            member = tarfile.TarInfo("created")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        layer = gzip.compress(tar.getvalue(), mtime=0)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": created,
                "config": {"Labels": dict(labels)},
                "rootfs": {"type": "layers", "diff_ids": [digest_of(tar.getvalue())]},
                "history": [{"created": created}],
            }
        ).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, **_size_and_digest(config)},
                "layers": [{"mediaType": LAYER, **_size_and_digest(layer)}],
            }
        ).encode()
        return cls(config, layer, manifest)

    @property
    def id(self) -> str:
        return digest_of(self.config)

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)


def _size_and_digest(content: bytes) -> dict[str, int | str]:
    return {"size": len(content), "digest": digest_of(content)}


@contextmanager
def serve(repositories: Mapping[str, RemoteImage]) -> Iterator[str]:
    """Serve one image a repository, under any tag and by its digest; yield the host:port."""
    blobs = {
        digest_of(content): content
        for image in repositories.values()
        for content in (image.config, image.layer)
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            match self.path.strip("/").split("/"):
                case ["v2"]:
                    self._answer("application/json", b"{}")
                case ["v2", *name, "manifests", _] if image := repositories.get("/".join(name)):
                    self._answer(MANIFEST, image.manifest)
                case ["v2", *_, "blobs", digest] if digest in blobs:
                    self._answer("application/octet-stream", blobs[digest])
                case _:
                    self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def _answer(self, content_type: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Docker-Content-Digest", digest_of(content))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
