"""Archives that are almost as they should be: tar files and OCI image layouts."""

import bz2
import gzip
import json
import lzma
import tarfile
from collections.abc import Callable
from typing import Any

from backports import zstd
from hypothesis import strategies as st

from tests.server.support.archives import (
    CONFIG,
    IMAGE_CONFIG,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    LAYER,
    digest,
)

_COMPRESS: list[Callable[[bytes], bytes]] = [
    bytes,
    gzip.compress,
    bz2.compress,
    lambda data: lzma.compress(data, preset=0),
    zstd.compress,
]
_KINDS = [bytes([kind]) for kind in b"0000\x0001234567xgLKSVDZ"]
_NAMES = st.sampled_from(
    ["c.json", "l", "manifest.json", "index.json", "a/l", "./l", "l/", "..", "../l", "/l", "", "."]
) | st.text(max_size=120)
_NUMBERS = st.sampled_from([0, 1, 511, 512, 513, 10_000, 2**20 + 1, 2**33, 2**62])
_TEXTS = st.sampled_from(
    ["a:1", "b/c:2", "", "A:1", "a" * 300, "<none>:<none>", "\udcff"]
) | st.text(max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def _pax(draw: st.DrawFn) -> bytes:
    """Draw the records of a pax header; their lengths are right most of the time."""
    payload = b""
    for _ in range(draw(st.integers(0, 6))):
        key = draw(st.sampled_from(["path", "linkpath", "size", "GNU.sparse.major", "a", ""]))
        value = draw(_NAMES | _NUMBERS.map(str))
        record = f" {key}={value}\n".encode("utf-8", "surrogateescape")
        length = len(record) + len(str(len(record)))
        length += len(str(length)) - len(str(len(record)))
        length = draw(st.just(length) | st.integers(0, 10**11))
        payload += str(length).encode() + record
    return payload


@st.composite
def _member(draw: st.DrawFn, content: st.SearchStrategy[bytes]) -> bytes:
    """One header with what follows it; the checksum is right most of the time."""
    kind = draw(st.sampled_from(_KINDS))
    if kind in b"xg":
        payload = draw(_pax())
    elif kind in b"LK":
        payload = draw(_NAMES).encode("utf-8", "surrogateescape") * draw(st.sampled_from([1, 100]))
    else:
        payload = draw(content)
    info = tarfile.TarInfo()
    info.size = len(payload)
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    name, target = (draw(_NAMES).encode("utf-8", "surrogateescape")[:100] for _ in range(2))
    block[:100] = name.ljust(100, b"\0")
    block[157:257] = target.ljust(100, b"\0")
    block[156:157] = kind
    if draw(st.integers(0, 9)) == 0:
        block[124:136] = draw(st.binary(min_size=12, max_size=12))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % (sum(block) % 8**6)
    if draw(st.integers(0, 30)) == 0:
        block[draw(st.integers(0, 511))] ^= 0xFF
    return bytes(block) + payload + bytes(-len(payload) % 512)


def _tar(content: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(_member(content), max_size=8).map(
        lambda members: b"".join(members) + bytes(1024)
    )


@st.composite
def _damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Compress, put one behind the other, cut short, or change an octet."""
    data = draw(st.sampled_from(_COMPRESS))(draw(whole))
    what = draw(st.integers(0, 9))
    if what == 0:
        return data[: draw(st.integers(0, len(data)))]
    if what == 1 and data:
        changed = bytearray(data)
        changed[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
        return bytes(changed)
    if what == 2:
        return data + bytes(draw(st.integers(0, 2000))) + draw(st.sampled_from([data, b"x", b""]))
    return data


_DOCUMENTS = st.sampled_from([CONFIG.encode(), b"{}", b'{"config":{}}']) | _JSON.map(
    lambda value: json.dumps(value).encode()
)
_LAYERS = _damaged(_tar(st.binary(max_size=600)))
_CONTENTS = st.just(LAYER) | _DOCUMENTS | _LAYERS | st.binary(max_size=600)


@st.composite
def _saved(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw the files of an archive that `docker save` could have written."""
    files = {name: draw(_CONTENTS) for name in draw(st.lists(_NAMES, max_size=4))}
    files |= {"c.json": draw(_DOCUMENTS), "l": draw(_CONTENTS)}
    paths = st.sampled_from([*files, "nowhere"])
    entries = st.fixed_dictionaries(
        {"Config": paths | st.just("c.json")},
        optional={
            "Layers": st.none() | st.lists(paths, max_size=4) | _JSON,
            "RepoTags": st.none() | st.lists(_TEXTS, max_size=4) | _JSON,
            "Parent": st.sampled_from([digest(data) for data in files.values()]) | _JSON,
        },
    )
    manifest = draw(st.lists(entries, max_size=5) | _JSON)
    return {**files, "manifest.json": json.dumps(manifest).encode()}


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw the files of an OCI image layout: blobs that name those before them."""
    blobs: dict[str, bytes] = {digest(data): data for data in (LAYER, CONFIG.encode())}

    def descriptor() -> dict[str, Any]:
        found: dict[str, Any] = {
            "digest": draw(st.sampled_from([*blobs, digest(b"nowhere"), "sha256:0", "../c"])),
            "mediaType": draw(
                st.sampled_from([IMAGE_INDEX, IMAGE_MANIFEST, IMAGE_CONFIG, "", None])
            ),
        }
        if draw(st.booleans()):
            name = draw(st.sampled_from(["io.containerd.image.name", "vnd.docker.reference.type"]))
            found["annotations"] = {name: draw(_TEXTS)}
        return found

    for _ in range(draw(st.integers(0, 6))):
        some = [descriptor() for _ in range(draw(st.integers(0, 3)))]
        value = draw(
            st.sampled_from([{"manifests": some}, {"config": descriptor(), "layers": some}]) | _JSON
        )
        data = json.dumps(value).encode()
        blobs[digest(data)] = data
    index = {"manifests": [descriptor() for _ in range(draw(st.integers(0, 4)))]}
    return {
        **{f"blobs/{name.replace(':', '/')}": data for name, data in blobs.items()},
        "index.json": json.dumps(draw(st.just(index) | _JSON)).encode(),
    }


def _packed(files: dict[str, bytes]) -> bytes:
    pieces = []
    for name, data in files.items():
        info = tarfile.TarInfo()
        info.size = len(data)
        block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        block[:100] = name.encode("utf-8", "surrogateescape")[:100].ljust(100, b"\0")
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        pieces += [bytes(block), data, bytes(-len(data) % 512)]
    return b"".join(pieces) + bytes(1024)


#: A tar of anything, compressed or not.
tars = _damaged(_tar(_CONTENTS))
#: What `docker save` or an OCI tool could have written, whole or damaged.
archives = _damaged((_saved() | layouts()).map(_packed))
