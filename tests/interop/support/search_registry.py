"""A registry that can only be searched, as Docker asks: in version 1 of the protocol.

moby v20.10.24 ``registry/endpoint_v1.go`` and ``registry/session.go:SearchRepositories``.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def serving(names: Sequence[str]) -> Iterator[str]:
    """Run a registry with repositories of these names; yield its host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target = urlsplit(self.path)
            term = parse_qs(target.query).get("q", [""])[0]
            body = json.dumps(_found(names, term) if target.path == "/v1/search" else {})
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _found(names: Sequence[str], term: str) -> dict[str, Any]:
    results = [
        {"name": name, "description": "", "star_count": 0, "is_official": "/" not in name}
        for name in names
        if term in name
    ]
    return {"query": term, "num_results": len(results), "results": results}
