"""OCI image layouts as a tar, which `POST /images/load` takes at stores that keep whole indexes.

Format: OCI image-spec v1.1, image-layout.md. Pure: the same content gives the same bytes.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from muster.planting.docker_archive import digest

OCI = "application/vnd.oci.image"
MANIFEST = f"{OCI}.manifest.v1+json"
INDEX = f"{OCI}.index.v1+json"
CONFIG = f"{OCI}.config.v1+json"
LAYER = f"{OCI}.layer.v1.tar"

ZSTD_MAGIC = bytes.fromhex("28b52ffd")
ZSTD_BLOCK = 128 * 1024
"""The most bytes that a block may have (RFC 8878, 3.1.1.2.4)."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob and the descriptor that refers to it.

    Attributes:
        media_type: Its media type.
        data: Its content.
        extra: Further members of its descriptor, e.g. `platform`.
    """

    media_type: str
    data: bytes = field(repr=False)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """`sha256:` and the digest of its content."""
        return digest(self.data)

    @property
    def descriptor(self) -> dict[str, object]:
        """Its descriptor in an index, a manifest or a layout."""
        fields = {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}
        return fields | dict(self.extra)


def manifest(config: Blob, layers: Iterable[Blob], **members: object) -> bytes:
    """Return an image manifest; *members* are further members, e.g. `artifactType`."""
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor,
        "layers": [layer.descriptor for layer in layers],
    }
    return json.dumps(content | members).encode()


def index(manifests: Iterable[Blob]) -> bytes:
    """Return an image index of *manifests*."""
    content = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [each.descriptor for each in manifests],
    }
    return json.dumps(content).encode()


def layout(top: Blob, name: str, blobs: Iterable[bytes]) -> bytes:
    """Return a layout, as a tar, with one image.

    Args:
        top: The image's manifest or index.
        name: Its full reference. Both annotations have it, so that no engine makes up another.
        blobs: Every blob that the layout holds; those left out are missing.
    """
    annotations = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name,
    }
    entry = top.descriptor | {"annotations": annotations}
    files = {
        "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
    }
    files |= {f"blobs/sha256/{digest(data).removeprefix('sha256:')}": data for data in blobs}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return output.getvalue()


def zstd(data: bytes) -> bytes:
    """Return *data* as a Zstandard frame of uncompressed blocks (RFC 8878, 3.1.1).

    Any decoder reads it, and the suite needs no library for it.
    """
    # Single segment; the size of the content in eight bytes.
    header = bytes([0b11100000]) + len(data).to_bytes(8, "little")
    starts = range(0, len(data), ZSTD_BLOCK) or range(1)
    blocks = b"".join(
        (len(data[start : start + ZSTD_BLOCK]) << 3 | (start == starts[-1])).to_bytes(3, "little")
        + data[start : start + ZSTD_BLOCK]
        for start in starts
    )
    return ZSTD_MAGIC + header + blocks
