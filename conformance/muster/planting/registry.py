"""A read-only registry inside the suite, from which servers pull the images that need digests.

It implements as much of the Docker Registry HTTP API V2 as a pull needs: the ping, manifests by tag
and by digest, and blobs. Source: the OCI distribution specification 1.0, "Pull".
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
        media_type: Its media type.
        data: Its bytes, from which its digest is computed.
    """

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """`sha256:` and the digest of the bytes."""
        return digest(self.data)


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of a registry.

    Attributes:
        manifests: Manifests and indexes by repository and tag or digest.
        blobs: Configs and layers by digest.
    """

    manifests: Mapping[tuple[str, str], Document] = field(default_factory=dict)
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    def answer(self, path: str) -> Response:
        """Return the response to GET *path*; HEAD gets the same without the body."""
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
    """Serves pulls from `contents`."""

    protocol_version = "HTTP/1.1"
    # A TLS client sends no valid request line. Without this, the response would have no status
    # line, and containerd, which tries TLS first, would give up on the registry.
    default_request_version = "HTTP/1.1"
    timeout = 10.0  # An idle kept-alive connection must not keep the registry open.
    wbufsize = -1  # Send headers and body in one packet.
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
        """Log nothing: failures show in the server's response to the pull."""


class _Server(ThreadingHTTPServer):
    # Do not wait for servers that keep connections open.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Ignore servers that close the connection."""


@contextmanager
def serve(contents: Contents, address: str) -> Iterator[str]:
    """Serve *contents* over plain HTTP while the context is open.

    Args:
        contents: The images that can be pulled.
        address: `HOST:PORT` to listen on; port 0 picks a free one.

    Yields:
        The address with the port in use.

    Raises:
        UsageError: If *address* is invalid or cannot be listened on.
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
