"""Debian's `docker-registry` on loopback, with images to pull."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from muster.planting.registry import Document
from muster.planting.registry_images import INDEX, RegistryImage
from tests.support.missing import missing
from tools.engines.processes import running
from tools.engines.starting import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY = "pulls/one"
AMD64 = RegistryImage.of("amd64", "2020-01-01T00:00:00.5Z", {"stage": "test"})
ARM64 = RegistryImage.of(
    "arm64", "2020-01-02T00:00:00Z", {"stage": "test"}, architecture="arm64", oci=True
)
# An image of the layer of the first and of another.
SHARED = RegistryImage.of("more", "2020-01-03T00:00:00Z", {"stage": "more"})
_CREATED = 201


def sharing() -> tuple[bytes, Document]:
    """Return the config and the manifest of an image with the layers of two others."""
    config, manifest = json.loads(SHARED.config), json.loads(SHARED.manifest.data)
    below = json.loads(AMD64.config), json.loads(AMD64.manifest.data)
    config["rootfs"]["diff_ids"][:0] = below[0]["rootfs"]["diff_ids"]
    config["history"][:0] = below[0]["history"]
    raw = json.dumps(config).encode()
    manifest["layers"][:0] = below[1]["layers"]
    manifest["config"] |= {"digest": _digest(raw), "size": len(raw)}
    return raw, Document(SHARED.manifest.media_type, json.dumps(manifest).encode())


def index() -> Document:
    """Return an index of both images."""
    entries = [
        {
            "mediaType": image.manifest.media_type,
            "digest": image.manifest.digest,
            "size": len(image.manifest.data),
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture, image in (("amd64", AMD64), ("arm64", ARM64))
    ]
    raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    return Document(INDEX, raw.encode())


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a registry, and fill it; yield its host and port."""
    program = shutil.which("docker-registry") or missing("docker-registry is not installed")
    host = f"127.0.0.1:{free_port()}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
    }
    file = folder / "registry.json"
    # JSON is YAML.
    file.write_text(json.dumps(settings))
    with running([program, "serve", str(file)], folder / "log") as process:
        process.wait_until(lambda: _answers(host))
        _fill(host)
        yield host


def _answers(host: str) -> bool:
    try:
        return _ask(host, "GET", "/v2/").status == http.client.OK
    except OSError:
        return False


def _fill(host: str) -> None:
    for tag, image in (("amd64", AMD64), ("arm64", ARM64)):
        for blob in (image.config, image.layer):
            _upload(host, blob)
        _put(host, tag, image.manifest)
    _put(host, "both", index())
    config, manifest = sharing()
    for blob in (config, SHARED.layer):
        _upload(host, blob)
    _put(host, "shared", manifest)


def _upload(host: str, blob: bytes) -> None:
    begun = _ask(host, "POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    place = urlsplit(begun.getheader("Location") or "")
    target = f"{place.path}?{place.query}&{urlencode({'digest': _digest(blob)})}"
    assert _ask(host, "PUT", target, blob, "application/octet-stream").status == _CREATED


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _put(host: str, tag: str, document: Document) -> None:
    target = f"/v2/{REPOSITORY}/manifests/{tag}"
    assert _ask(host, "PUT", target, document.data, document.media_type).status == _CREATED


def _ask(
    host: str, method: str, target: str, body: bytes = b"", media_type: str = ""
) -> http.client.HTTPResponse:
    with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
        headers = {"Content-Type": media_type} if media_type else {}
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        response.read()
        return response
