from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile

import pytest

from muster.planting.oci_layout import INDEX, MANIFEST, ZSTD_BLOCK, Blob, index, layout, zstd

if sys.version_info >= (3, 14):
    from compression import zstd as library
else:
    from backports import zstd as library


def read(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read() for name, file in files.items() if file}


def test_a_layout_names_its_image_in_full_for_every_engine() -> None:
    top = Blob(INDEX, index([Blob(MANIFEST, b"{}", {"platform": {"os": "linux"}})]))
    files = read(layout(top, "muster.test/run/x:1", [top.data, b"{}"]))

    (entry,) = json.loads(files["index.json"])["manifests"]
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    assert entry["mediaType"] == INDEX
    assert entry["digest"] == f"sha256:{hashlib.sha256(top.data).hexdigest()}"
    assert entry["size"] == len(top.data)
    assert entry["annotations"] == {
        "io.containerd.image.name": "muster.test/run/x:1",
        "org.opencontainers.image.ref.name": "muster.test/run/x:1",
    }
    (manifest,) = json.loads(top.data)["manifests"]
    assert manifest["platform"] == {"os": "linux"}
    blobs = {name: data for name, data in files.items() if name.startswith("blobs/")}
    assert blobs == {
        f"blobs/sha256/{hashlib.sha256(data).hexdigest()}": data for data in (top.data, b"{}")
    }


@pytest.mark.parametrize("size", [0, 1, ZSTD_BLOCK, ZSTD_BLOCK + 1])
def test_a_zstd_frame_has_the_content(size: int) -> None:
    content = bytes(number % 251 for number in range(size))

    assert library.decompress(zstd(content)) == content
