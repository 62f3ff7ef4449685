"""A registry in memory, for clients that take a transport of httpx."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from musterd.registry import connections
from musterd.registry.manifests import OCI_INDEX, OCI_MANIFEST, sha256
from musterd.registry.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import pytest

HOST = "127.0.0.1:5000"
OCI = "application/vnd.oci.image"


def layer(content: bytes, name: str = "file") -> bytes:
    """Return a layer with one file, compressed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(file.getvalue(), mtime=0)


def config(*layers: bytes, architecture: str = "amd64", **members: Any) -> bytes:
    """Return the config of an image with these layers."""
    diff_ids = [sha256(gzip.decompress(each)) for each in layers]
    return json.dumps(
        {
            "os": "linux",
            "architecture": architecture,
            "created": "2020-01-01T00:00:00Z",
            "config": {"Labels": {"stage": "test"}},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            **members,
        }
    ).encode()


def described(kind: str, raw: bytes, **members: Any) -> dict[str, Any]:
    """Return a descriptor."""
    return {"mediaType": kind, "digest": sha256(raw), "size": len(raw), **members}


@dataclass
class FakeRegistry:
    """A registry that answers from memory.

    Attributes:
        documents: Manifests and indexes, by path: their media types and bytes.
        blobs: Configs and layers, by digest.
        answers: Other responses, by method and URL; they come first.
        mountable: The repositories and digests from which blobs can be mounted.
        lacking: The repositories and digests of blobs that are elsewhere.
        hanging: The URLs that are never answered.
        requests: The requests so far.
    """

    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    answers: dict[tuple[str, str], Callable[[httpx.Request], httpx.Response]] = field(
        default_factory=dict
    )
    mountable: set[tuple[str, str]] = field(default_factory=set)
    lacking: set[tuple[str, str]] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    requests: list[httpx.Request] = field(default_factory=list)

    def add(
        self,
        repository: str,
        tag: str,
        *layers: bytes,
        config_type: str = f"{OCI}.config.v1+json",
        **members: Any,
    ) -> str:
        """Add an image; return the digest of its manifest."""
        raw = config(*layers, **members)
        self.blobs |= {sha256(each): each for each in (raw, *layers)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": described(config_type, raw),
            "layers": [described(f"{OCI}.layer.v1.tar+gzip", each) for each in layers],
        }
        return self.put(repository, tag, OCI_MANIFEST, json.dumps(manifest).encode())

    def add_index(self, repository: str, tag: str, platforms: Mapping[str, str]) -> str:
        """Add an index of manifests that are there; return its digest."""
        entries = []
        for architecture, digest in platforms.items():
            _, raw = self.documents[f"{repository}/manifests/{digest}"]
            platform = {"os": "linux", "architecture": architecture}
            entries.append(described(OCI_MANIFEST, raw, platform=platform))
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        return self.put(repository, tag, OCI_INDEX, json.dumps(index).encode())

    def put(self, repository: str, tag: str, kind: str, raw: bytes) -> str:
        """Put a document at a tag and at its digest, which it returns."""
        for reference in (tag, sha256(raw)):
            self.documents[f"{repository}/manifests/{reference}"] = (kind, raw)
        return sha256(raw)

    def answer(
        self,
        method: str,
        url: str,
        status: int = 200,
        body: bytes | AsyncIterator[bytes] = b"",
        **headers: str,
    ) -> None:
        """Answer a request otherwise, always."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[method, url] = lambda _: httpx.Response(status, headers=named, content=body)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, with a body that comes in pieces."""
        self.requests.append(request)
        if str(request.url) in self.hanging:
            await asyncio.Event().wait()
        response = self._response(request)
        if not response.is_stream_consumed and not response.is_closed:
            return response
        headers = {**response.headers}
        return httpx.Response(
            response.status_code, headers=headers, content=pieces(response.content)
        )

    def _response(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if special := self.answers.get((request.method, url.partition("?")[0])):
            return special(request)
        path = request.url.path.removeprefix("/v2/")
        if request.method in {"POST", "PUT", "DELETE"}:
            return self._changed(request, path)
        if path in self.documents:
            kind, raw = self.documents[path]
            return httpx.Response(200, headers={"Content-Type": kind}, content=raw)
        repository, _, digest = path.partition("/blobs/")
        if digest in self.blobs and (repository, digest) not in self.lacking:
            body = self.blobs[digest]
            sized = {"Content-Length": str(len(body))}
            return httpx.Response(200, headers=sized, content=body)
        if path.endswith("/tags/list"):
            repository = path.removesuffix("/tags/list")
            start = f"{repository}/manifests/"
            tags = [each.removeprefix(start) for each in self.documents if each.startswith(start)]
            tags = [each for each in tags if ":" not in each]
            return httpx.Response(200, json={"name": repository, "tags": sorted(tags)})
        return httpx.Response(404, json=error("MANIFEST_UNKNOWN", "manifest unknown"))

    def _changed(self, request: httpx.Request, path: str) -> httpx.Response:
        repository, _, rest = path.partition("/blobs/uploads/")
        query = request.url.params
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.method == "POST":
            source = (query.get("from", ""), query.get("mount", ""))
            if source in self.mountable:
                self.lacking.discard((repository, source[1]))
                return httpx.Response(201)
            return httpx.Response(202, headers={"Location": f"/v2/{path}upload?state=x"})
        if rest:
            assert query["state"] == "x"
            self.blobs[query["digest"]] = request.content
            self.lacking.discard((repository, query["digest"]))
            return httpx.Response(201)
        repository, _, tag = path.partition("/manifests/")
        self.put(repository, tag, request.headers["content-type"], request.content)
        return httpx.Response(201)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let musterd ask this registry in place of any other."""

        def open_session(*arguments: Any) -> Session:
            return Session(self.client(), *arguments)

        monkeypatch.setattr(connections, "open_session", open_session)

    def client(self) -> httpx.AsyncClient:
        """Return a client that asks this registry."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self.handle))


async def pieces(body: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Yield a body in pieces."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


def error(code: str, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"errors": [{"code": code, "message": message}]}
