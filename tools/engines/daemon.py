"""A running engine, and the requests that tests and benchmarks send to it."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

JSON = "application/json"
_SECONDS = 120
_OK = 200


@dataclass(frozen=True)
class Answer:
    """A response.

    Attributes:
        status: The HTTP status code.
        content_type: Media type of the body; None if there is none.
        body: The body.
    """

    status: int
    content_type: str | None
    body: bytes

    def json(self) -> Any:
        """Parse the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Daemon:
    """A server that listens on a TCP port and on a Unix socket.

    Attributes:
        url: `tcp://127.0.0.1:PORT`.
        socket: `unix:///path`.
        version: E.g. `20.10.24`; empty if it is not an engine.
        pid: Process id of the process that listens on the port.
        registries: Host:port of those that it may pull from over plain HTTP.
    """

    url: str
    socket: str
    version: str = ""
    pid: int = 0
    registries: tuple[str, ...] = ()

    def ask(
        self,
        target: str,
        method: Literal["GET", "HEAD", "OPTIONS", "POST"] = "GET",
        body: bytes = b"",
        *,
        by_socket: bool = False,
    ) -> Answer:
        """Send a request with the target byte for byte."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_SECONDS)
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
        """List the images, at version 1.23 if the engine still serves it.

        Raises:
            ValueError: If the response is not a listing.
        """
        prefix = "/v1.23" if self._serves_1_23 else ""
        answer = self.ask(f"{prefix}/images/json?{urlencode(query)}")
        if (answer.status, answer.content_type) != (_OK, JSON):
            raise ValueError(f"no listing: {answer}")
        listing: list[dict[str, Any]] = answer.json()
        return listing

    @property
    def _serves_1_23(self) -> bool:
        return self.ask("/v1.23/_ping").status == _OK

    def answers(self, *, by_socket: bool = False) -> bool:
        """Whether it responds at all."""
        try:
            return self.ask("/_ping", by_socket=by_socket).status == _OK
        except OSError:
            return False

    def load(self, archive: bytes) -> None:
        """Load the images of an archive.

        Raises:
            ValueError: If the engine does not load them.
        """
        self._change("/images/load", archive)

    def pull(self, target: str, **query: str) -> None:
        """Pull an image through the daemon's own endpoint; names differ from engine to engine.

        Raises:
            ValueError: If the engine does not pull it.
        """
        self._change(f"{target}?{urlencode(query)}")

    def _change(self, target: str, body: bytes = b"") -> None:
        answer = self.ask(target, "POST", body)
        if answer.status != _OK or b"rror" in answer.body:
            raise ValueError(f"POST {target} failed: {answer}")
