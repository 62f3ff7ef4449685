"""A read-only registry inside the suite: servers pull from it what has to have a digest.

The Docker Registry HTTP API V2, as far as a pull needs it: the ping, manifests by tag and by
digest, and blobs. Source: the OCI distribution specification 1.0, "Pull".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from muster.errors import UsageError
from muster.model.exchange import Response
from muster.planting.docker_archive import digest

MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
BLOB = re.compile(r"/v2/.+/blobs/(?P<digest>[^/]+)")
OCTETS = "application/octet-stream"
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or index.

    Attributes:
        media_type: What it is.
        data: Its bytes, which its digest is of.
    """

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """`sha256:` and the digest of its bytes."""
        return digest(self.data)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a registry holds.

    Attributes:
        manifests: Manifests and indexes by repository and tag or digest.
        blobs: Configs and layers by digest.
    """

    manifests: Mapping[tuple[str, str], Document] = field(default_factory=dict)
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    def answer(self, path: str) -> Response:
        """Return the answer to GET *path*; to HEAD it is the same without the body."""
        if path.rstrip("/") == "/v2":
            return _found("application/json", b"{}")
        if asked := MANIFEST.fullmatch(path):
            document = self.manifests.get((asked["repository"], asked["reference"]))
            if document:
                return _found(document.media_type, document.data)
            return _unknown("MANIFEST")
        if asked := BLOB.fullmatch(path):
            blob = self.blobs.get(asked["digest"])
            return _unknown("BLOB") if blob is None else _found(OCTETS, blob)
        return _unknown("NAME")


def _found(media_type: str, body: bytes) -> Response:
    headers = {"Content-Type": media_type, "Docker-Content-Digest": digest(body)}
    return Response(200, headers, body)


def _unknown(what: str) -> Response:
    body = f'{{"errors":[{{"code":"{what}_UNKNOWN","message":"not here"}}]}}'
    return Response(404, {"Content-Type": "application/json"}, body.encode())


class _Handler(BaseHTTPRequestHandler):
    """Answers pulls with `contents`."""

    protocol_version = "HTTP/1.1"
    # For a request line that is none, as a TLS client sends: else the response has no status line,
    # and containerd, which tries TLS first, takes the registry for a broken one.
    default_request_version = "HTTP/1.1"
    timeout = 10.0  # a connection that is kept alive must not keep the registry from ending
    wbufsize = -1  # head and body in one packet
    contents: ClassVar[Contents]

    def do_GET(self) -> None:
        response = self.contents.answer(self.path.partition("?")[0])
        self.send_response_only(response.status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Keep quiet: what goes wrong shows in the server's response to the pull."""


class _Server(ThreadingHTTPServer):
    # A server that keeps its connections open is not waited for.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Keep quiet about servers that hang up."""


@contextmanager
def serve(contents: Contents, address: str) -> Iterator[str]:
    """Serve *contents* over plain HTTP while the context is open.

    Args:
        contents: What may be pulled.
        address: `HOST:PORT` to listen at; port 0 takes a free one.

    Yields:
        The address with the port in use.

    Raises:
        UsageError: If *address* is not valid, or nothing can listen there.
    """
    host, port = parse(address)
    handler = type("Handler", (_Handler,), {"contents": contents})
    try:
        server = _Server((host.strip("[]"), port), handler)
    except OSError as error:
        raise UsageError(
            f"--registry-address {address}: cannot listen there ({error.strerror or error}). "
            "Name an address of this machine under which the server can reach it."
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=[POLL_SECONDS], daemon=True)
    thread.start()
    try:
        yield f"{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def parse(address: str) -> tuple[str, int]:
    """Return host and port of *address*.

    Raises:
        UsageError: If it is not `HOST:PORT`.
    """
    host, colon, port = address.rpartition(":")
    highest = 65535
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > highest:
        raise UsageError(
            f"--registry-address {address}: write HOST:PORT, for example 127.0.0.1:5055 "
            "(port 0 takes a free one)"
        )
    return host, int(port)
