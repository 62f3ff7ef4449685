"""Archives that are almost as they should be: tar files and OCI image layouts."""

import bz2
import gzip
import json
import lzma
import tarfile
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from musterd.zstandard import zstd
from tests.fuzz.choice import mostly
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
_NAMES = mostly(
    st.sampled_from(["c.json", "l", "a/l", "./l", "b/../c", "l/", "x", "."]),
    st.sampled_from(["manifest.json", "index.json", "..", "../l", "/l", ""])
    | st.text(max_size=120),
    12,
)
_NUMBERS = st.sampled_from([0, 1, 511, 512, 513, 10_000, 2**20 + 1, 2**33, 2**62])
_TAGS = mostly(
    st.sampled_from(["a:1", "b/c:2", "localhost:5000/a:1", "a:2"]),
    st.sampled_from(["", "A:1", "a" * 300, "<none>:<none>", "a"]) | st.text(max_size=20),
    12,
)
_TEXTS = mostly(_TAGS, st.just("\udcff"), 30)
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
    if draw(st.integers(1, 20)) == 1:
        block[124:136] = draw(st.binary(min_size=12, max_size=12))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % (sum(block) % 8**6)
    if draw(st.integers(1, 40)) == 1:
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
    # Nested layers are damaged as well: few enough of them must be for the rest to be read.
    what = draw(st.integers(0, 19))
    if what == 5:
        return data[: draw(st.integers(0, len(data)))]
    if what == 6 and data:
        changed = bytearray(data)
        changed[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
        return bytes(changed)
    if what == 7:
        return data + bytes(draw(st.integers(0, 2000))) + draw(st.sampled_from([data, b"x", b""]))
    return data


_DOCUMENTS = mostly(
    st.sampled_from([CONFIG, "{}", '{"config":{}}', '{"created":"2016-01-01T00:00:00Z"}']),
    _JSON.map(json.dumps),
).map(str.encode)
_LAYERS = _damaged(_tar(st.binary(max_size=600)))
_CONTENTS = mostly(st.just(LAYER) | _LAYERS, _DOCUMENTS | st.binary(max_size=600))


@st.composite
def _saved(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw the files of an archive that `docker save` could have written."""
    files = {name: draw(_CONTENTS) for name in draw(st.lists(_NAMES, max_size=2))}
    files |= {"c.json": draw(_DOCUMENTS), "l": draw(_CONTENTS)}
    layers = st.lists(mostly(st.just("l"), st.sampled_from([*files, "nowhere"])), max_size=4)
    entries = st.fixed_dictionaries(
        {"Config": mostly(st.just("c.json"), st.sampled_from([*files, "nowhere"]))},
        optional={
            "Layers": mostly(st.none() | layers, _JSON),
            "RepoTags": mostly(st.none() | st.lists(_TAGS, max_size=4), _JSON),
            "Parent": mostly(st.sampled_from([digest(data) for data in files.values()]), _JSON),
        },
    )
    manifest = draw(mostly(st.lists(entries, min_size=1, max_size=5), _JSON, 12))
    return {**files, "manifest.json": json.dumps(manifest).encode()}


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw the files of an OCI image layout: blobs that name those before them."""
    blobs: dict[str, bytes] = {digest(data): data for data in (LAYER, CONFIG.encode())}
    kinds: dict[str, list[str]] = {IMAGE_CONFIG: [digest(CONFIG.encode())], "": [digest(LAYER)]}

    def descriptor(*kinds_wanted: str) -> dict[str, Any]:
        kind = draw(st.sampled_from(kinds_wanted))
        others = st.sampled_from([*blobs, digest(b"nowhere"), "sha256:0", "../c"])
        found: dict[str, Any] = {
            "digest": draw(mostly(st.sampled_from(kinds.get(kind, [*blobs])), others, 12)),
            "mediaType": draw(mostly(st.just(kind), st.sampled_from([*kinds, None]), 12)),
        }
        if draw(st.booleans()):
            name = draw(st.sampled_from(["io.containerd.image.name", "vnd.docker.reference.type"]))
            found["annotations"] = {name: draw(_TEXTS)}
        return found

    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from([IMAGE_MANIFEST, IMAGE_INDEX]))
        value: Any = {
            IMAGE_MANIFEST: {"config": descriptor(IMAGE_CONFIG), "layers": [descriptor("")]},
            IMAGE_INDEX: {"manifests": [descriptor(IMAGE_MANIFEST, IMAGE_INDEX)] * 2},
        }[kind]
        data = json.dumps(draw(mostly(st.just(value), _JSON, 12))).encode()
        blobs[digest(data)] = data
        kinds.setdefault(kind, []).append(digest(data))
    index = {
        "manifests": [
            descriptor(IMAGE_MANIFEST, IMAGE_INDEX) for _ in range(draw(st.integers(1, 4)))
        ]
    }
    return {
        **{f"blobs/{name.replace(':', '/')}": data for name, data in blobs.items()},
        "index.json": json.dumps(draw(mostly(st.just(index), _JSON, 12))).encode(),
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
