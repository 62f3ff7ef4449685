"""Small archives that ask for a great deal of work, each by a way of its own."""

import bz2
import functools
import gzip
import io
import json
import lzma
import random
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from musterd.zstandard import zstd
from tests.server.support.archives import (
    CONFIG,
    IMAGE_INDEX,
    LAYER,
    Layout,
    digest,
    link,
    pack,
    saved,
)

#: Makes the bytes of an archive.
Make = Callable[[], bytes]

_END = bytes(1024)


def header(name: str = "f", **fields: Any) -> bytes:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def extension(kind: bytes, payload: bytes) -> bytes:
    return header(type=kind, size=len(payload)) + payload + bytes(-len(payload) % 512)


def pressed(pieces: Iterable[bytes]) -> bytes:
    """Compress with zstd what may be far larger than memory should hold."""
    compressor = zstd.ZstdCompressor()
    packed = [compressor.compress(piece) for piece in pieces]
    return b"".join((*packed, compressor.flush()))


def gzipped(pieces: Iterable[bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as file:
        for piece in pieces:
            file.write(piece)
    return buffer.getvalue()


def numbered_headers(count: int, **fields: Any) -> Iterator[bytes]:
    """Make headers of files that are called by their numbers, faster than `tarfile` does."""
    block = bytearray(header("0" * 90, **fields))
    rest = sum(block[90:148]) + sum(block[156:]) + 8 * ord(" ")
    for number in range(count):
        block[:90] = b"%090x" % number
        block[148:156] = b"%06o\0 " % (rest + sum(block[:90]))
        yield bytes(block)


def document(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def with_layer(layer: bytes) -> bytes:
    return pack(saved(layers=[("l", layer)]))


def with_manifest(manifest: bytes, *members: Any) -> bytes:
    return pack([("c.json", b"{}"), ("l", LAYER), *members, ("manifest.json", manifest)])


def with_config(config: bytes) -> bytes:
    return pack([("c.json", config), ("manifest.json", document([{"Config": "c.json"}]))])


def labels(count: int) -> bytes:
    return document({"config": {"Labels": {f"{number:06x}": "" for number in range(count)}}})


def indexes_that_name_each_other(levels: int = 7, names: int = 100) -> bytes:
    layout = Layout()
    index = layout.index()
    for _ in range(levels):
        index = layout.index(*[index] * names)
    return gzip.compress(layout.tar(index), mtime=0)


def manifests_named_often(names: int = 20_000) -> bytes:
    layout = Layout()
    return gzip.compress(layout.tar(*[layout.image()] * names), mtime=0)


def indexes_without_targets(names: int = 30_000) -> bytes:
    layout = Layout()
    absent = {"digest": "sha256:" + "0" * 64, "mediaType": IMAGE_INDEX}
    index = layout.index(*[absent] * names)
    return gzip.compress(layout.tar(*[index] * names), mtime=0)


def config_named_often(config: bytes, names: int = 2000) -> bytes:
    manifest = document([{"Config": "c.json"}] * names)
    return gzip.compress(pack([("c.json", config), ("manifest.json", manifest)]), mtime=0)


def config_by_many_paths(names: int = 2000) -> bytes:
    config = b'{"x":"' + b"x" * 4_000_000 + b'"}'
    manifest = document([{"Config": "./" * number + "c.json"} for number in range(names)])
    return gzip.compress(pack([("c.json", config), ("manifest.json", manifest)]), mtime=0)


def layer_named_often(names: int = 40_000) -> bytes:
    manifest = document([{"Config": "c.json", "Layers": ["l"] * names}])
    return gzip.compress(with_manifest(manifest), mtime=0)


def layers_of_many_images(images: int = 900, names: int = 1000) -> bytes:
    entry = b'{"Config":"c.json","Layers":[' + b",".join([b'"l"'] * names) + b"]}"
    return gzip.compress(with_manifest(b"[" + b",".join([entry] * images) + b"]"), mtime=0)


def tags_of_an_image(count: int = 300_000) -> bytes:
    tags = [f"a:{number}" for number in range(count)]
    return gzip.compress(with_manifest(document([{"Config": "c.json", "RepoTags": tags}])), mtime=0)


def parents_in_a_row(images: int = 6000) -> bytes:
    configs = [document({"a": number, "config": {}}) for number in range(images)]
    members = [(f"{number}", config) for number, config in enumerate(configs)]
    ids = [digest(config) for config in configs]
    manifest = [
        {"Config": str(number), "Parent": ids[number - 1], "RepoTags": [f"a:{number}"]}
        for number in range(1, images)
    ]
    return gzip.compress(pack([*members, ("manifest.json", document(manifest))]), mtime=0)


def pax_records(size: int = 2**20, headers: int = 1) -> Iterator[bytes]:
    payload = (b"6 a=b\n" * (size // 6 + 1))[: size // 6 * 6]
    for _ in range(headers):
        yield extension(tarfile.XHDTYPE, payload)
    yield header() + _END


def members_of(compress: Callable[[bytes], bytes], size: int) -> Iterator[bytes]:
    yield compress(LAYER)
    empty = compress(b"")
    some = empty * (2**20 // len(empty))
    for _ in range(size // len(some)):
        yield some


def entries(count: int) -> Iterator[bytes]:
    some = header() * 1000
    for _ in range(count // 1000):
        yield some
    yield _END


def distinct_entries(count: int) -> Iterator[bytes]:
    yield from numbered_headers(count)
    yield _END


def long_names(count: int) -> Iterator[bytes]:
    some = extension(tarfile.GNUTYPE_LONGNAME, b"a" * 2**20)
    for _ in range(count):
        yield some
    yield header() + _END


def links_in_a_row(count: int = 8000, names: int = 900) -> bytes:
    members = [("0", LAYER), *((f"{number + 1}", link(f"{number}")) for number in range(count))]
    manifest = document([{"Config": "c.json", "Layers": [str(count)] * names}] * 20)
    return gzip.compress(with_manifest(manifest, *members), mtime=0)


def links_in_a_circle(count: int = 8000) -> bytes:
    members = [(f"{number}", link(f"{(number + 1) % count}")) for number in range(count)]
    return gzip.compress(
        with_manifest(document([{"Config": "c.json", "Layers": ["0"]}]), *members), mtime=0
    )


def long_paths(count: int) -> Iterator[bytes]:
    """Make files with the longest paths that there may be."""
    for number, block in enumerate(numbered_headers(count)):
        record = f"path={number:06}/{'a/' * 2000}\n"
        yield extension(tarfile.XHDTYPE, f"{len(record) + 5} {record}".encode()) + block
    yield _END


def small_files(count: int = 45_000) -> Iterator[bytes]:
    for block in numbered_headers(count, size=2):
        yield block + b"{}".ljust(512, b"\0")
    yield _END


def zeros(size: int) -> Iterator[bytes]:
    yield header("f", size=size)
    for _ in range(size // 2**20):
        yield bytes(2**20)
    yield _END


def zstd_window(data: bytes) -> bytes:
    """Compress with the largest window that is taken."""
    options = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    return zstd.compress(data, options=options)


def xz_window(data: bytes) -> bytes:
    return lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 2**26}])


def _repeated(data: bytes, times: int) -> Iterator[bytes]:
    return (data for _ in range(times))


def slow(size: int = 30 * 2**20) -> bytes:
    """Make an archive that is large enough to take seconds: three gigabytes come out of it."""
    some = gzip.compress(header("f", size=2**20) + bytes(2**20), mtime=0)
    noise = random.Random(1).randbytes(size)  # noqa: S311
    return pack([("noise", noise), *saved(layers=[("l", some * (size // 2**20 * 95))])])


ARCHIVES: dict[str, Make] = {
    "indexes that name each other": indexes_that_name_each_other,
    "an index that is named often and leads to nothing": indexes_without_targets,
    "a manifest that is named often": manifests_named_often,
    "a config with labels that is named often": lambda: config_named_often(labels(300_000)),
    "a large config that is named often": lambda: config_named_often(
        b'{"x":"' + b"x" * 4_000_000 + b'"}'
    ),
    "a config by many paths": config_by_many_paths,
    "a layer that is named often": layer_named_often,
    "images with many layers": layers_of_many_images,
    "an image with many tags": tags_of_an_image,
    "images in a row of parents": parents_in_a_row,
    "images without number": lambda: gzip.compress(
        with_manifest(document([{"Config": "c.json"}] * 200_000)), mtime=0
    ),
    "labels": lambda: gzip.compress(with_config(labels(340_000)), mtime=0),
    "pax records": lambda: b"".join(pax_records()),
    "pax records, compressed": lambda: gzipped(pax_records(headers=60)),
    "a pax record without an end": lambda: pressed(
        [extension(tarfile.XHDTYPE, b"1048570 " + b"a" * (2**20 - 8)), header(), _END]
    ),
    "a layer of pax records": lambda: with_layer(pressed(pax_records(headers=200))),
    "empty members of gzip": lambda: gzipped(
        [with_layer(b"".join(members_of(functools.partial(gzip.compress, mtime=0), 60 * 2**20)))]
    ),
    "a layer of empty members of gzip": lambda: with_layer(
        b"".join(members_of(functools.partial(gzip.compress, mtime=0), 2**20))
    ),
    "a layer of empty members of bzip2": lambda: with_layer(
        b"".join(members_of(bz2.compress, 2**20))
    ),
    "a layer of empty members of xz": lambda: with_layer(
        b"".join(members_of(lzma.compress, 2**20))
    ),
    "a layer of empty members of zstd": lambda: with_layer(
        b"".join(members_of(zstd.compress, 2**20))
    ),
    "members of zstd with large windows": lambda: with_layer(
        b"".join(_repeated(zstd_window(bytes(1000)), 20_000))
    ),
    "members of xz with large windows": lambda: with_layer(
        b"".join(_repeated(xz_window(bytes(1000)), 10_000))
    ),
    "a large window within a large window": lambda: xz_window(
        with_layer(xz_window(b"".join(zeros(200 * 2**20))))
    ),
    "entries": lambda: pressed(entries(600_000)),
    "a layer of entries": lambda: with_layer(pressed(entries(600_000))),
    "a layer of files with names": lambda: with_layer(pressed(distinct_entries(200_000))),
    "long names": lambda: pressed(long_names(300)),
    "a sparse file": lambda: with_layer(header(type=b"S", size=512) + bytes(512) + _END),
    "a sparse file of pax": lambda: with_layer(
        extension(tarfile.XHDTYPE, b"22 GNU.sparse.major=1\n") + header() + _END
    ),
    "links in a row": links_in_a_row,
    "links in a circle": links_in_a_circle,
    "files with long paths": lambda: pressed(long_paths(20_000)),
    "small files": lambda: pressed(small_files()),
    "zeros of gzip": lambda: with_layer(gzipped(zeros(250 * 2**20))),
    "zeros of bzip2": lambda: with_layer(bz2.compress(b"".join(zeros(100 * 2**20)))),
    "zeros of xz": lambda: with_layer(lzma.compress(b"".join(zeros(250 * 2**20)), preset=0)),
    "zeros of zstd": lambda: with_layer(zstd.compress(b"".join(zeros(250 * 2**20)))),
    "zeros within zeros": lambda: pressed(
        [with_layer(pressed(zeros(2**20))), *(bytes(2**20) for _ in range(1000))]
    ),
    "depth": lambda: with_manifest(b"[" * 4_000_000),
    "depth in what is not looked at": lambda: with_config(b'{"x":' * 600_000),
    "a large number": lambda: with_config(b'{"created":' + b"9" * 4_000_000 + b"}"),
    "a large exponent": lambda: with_config(b'{"x":1e' + b"9" * 4_000_000 + b"}"),
    "a date without an end": lambda: with_config(
        b'{"created":"2016-01-01T00:00:00.' + b"9" * 4_000_000 + b'Z"}'
    ),
    "members that stand twice": lambda: gzip.compress(
        with_config(b"{" + b'"config":{"Labels":{"a":"b"}},' * 100_000 + b'"x":1}'), mtime=0
    ),
    "a name without an end": lambda: with_manifest(
        document([{"Config": "c.json", "RepoTags": ["a-" * 2_000_000 + ":1"]}])
    ),
    "a path without an end": lambda: with_manifest(
        document([{"Config": "a/../" * 800_000 + "c.json"}])
    ),
    "an escaped text": lambda: with_config(
        b'{"config":{"Labels":{"a":"' + b"\\u00e9" * 600_000 + b'"}}}'
    ),
}

#: The same as honest clients send it, for comparison.
HONEST: dict[str, Make] = {"an image": lambda: pack(saved(CONFIG))}
