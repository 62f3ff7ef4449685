import bz2
import gzip
import hashlib
import io
import json
import lzma
import random
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from musterd import archive
from musterd.errors import ArchiveError
from musterd.image import NEVER, Image
from musterd.reference import Reference


def pack(members: Any) -> bytes:
    """Make a tar of names with their bytes, or with the TarInfo of something else than a file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = kind
    info.linkname = target
    return info


LAYER = pack([("bin/a", b"12345"), ("etc/b", b"678")])
CONFIG = json.dumps({"config": {"Labels": {"k": "v"}}, "created": "2016-01-01T00:00:00.5Z"})


def saved(
    config: str = CONFIG,
    layers: Any = (("l/layer.tar", LAYER),),
    more: Any = (),
    name: str = "c.json",
    **entry: Any,
) -> list[tuple[str, Any]]:
    """Make the members of an archive with one image."""
    manifest = {"Config": name, "RepoTags": ["a:1"], "Layers": [path for path, _ in layers]}
    return [
        *layers,
        (name, config.encode()),
        *more,
        ("manifest.json", json.dumps([manifest | entry]).encode()),
    ]


def read(data: Any) -> list[Image]:
    data = data if isinstance(data, bytes) else pack(data)
    return archive.read(io.BytesIO(data), "x.tar")


def refused(data: Any) -> str:
    with pytest.raises(ArchiveError) as error:
        read(data)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("x.tar")
    return message


def test_the_images_are_those_that_docker_makes_of_the_archive(data: Any) -> None:
    golden = json.loads((data / "docker-1.11.2.json").read_text())
    listed = {image["Id"]: image for image in golden["listing"]}
    with (data / "fixtures.tar.xz").open("rb") as file:
        images = archive.read(file, "fixtures.tar.xz")
    assert len(images) == 20
    for image in images:
        expected = listed[image.id]
        assert image.created == expected["Created"]
        assert image.size == image.virtual_size == expected["Size"]
        assert image.parent == (expected["ParentId"] or None)
        assert image.labels == expected["Labels"]
        tags = sorted(tag.familiar for tag in image.tags)
        assert (tags or ["<none>:<none>"]) == expected["RepoTags"]
    by_tag = {tag.familiar: image for image in images for tag in image.tags}
    assert not by_tag["noconfig:latest"].has_config
    assert by_tag["nolabels:latest"].has_config
    assert by_tag["nocreated:latest"].created_text is None
    assert by_tag["app:v1"].created_text == "2016-03-01T12:00:00.75Z"


def test_an_image_has_what_its_config_says() -> None:
    assert read(saved(Parent="sha256:" + "0" * 64)) == [
        Image(
            id="sha256:" + hashlib.sha256(CONFIG.encode()).hexdigest(),
            parent="sha256:" + "0" * 64,
            created=1451606400,
            created_text="2016-01-01T00:00:00.5Z",
            size=8,
            virtual_size=8,
            labels={"k": "v"},
            tags=(Reference("a", "1"),),
            config=CONFIG.encode(),
        )
    ]


@pytest.mark.parametrize(
    ("config", "labels", "has_config"),
    [
        ("{}", None, False),
        ('{"config":null}', None, False),
        ('{"config":{}}', None, True),
        ('{"config":{"Labels":null}}', None, True),
        ('{"config":{"Labels":{}}}', {}, True),
    ],
)
def test_no_config_no_labels_and_empty_labels_differ(
    config: str, labels: Any, has_config: bool
) -> None:
    (image,) = read(saved(config))
    assert (image.labels, image.has_config, image.created) == (labels, has_config, NEVER)


@pytest.mark.parametrize("absent", [{"RepoTags": None, "Layers": None}, {"RepoTags": []}])
def test_an_image_may_be_without_tags_and_layers(absent: dict[str, Any]) -> None:
    (image,) = read(saved("{}", layers=(), **absent))
    assert (image.tags, image.size) == ((), 0)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_the_archive_and_its_layers_may_be_compressed(compress: Callable[[bytes], bytes]) -> None:
    (image,) = read(compress(pack(saved(layers=[("l", compress(LAYER))]))))
    assert image.size == 8


def test_a_layers_size_is_that_of_its_files() -> None:
    layer = pack(
        [
            ("a", b"old"),
            ("./a", b"new one"),
            ("hard", link("a", tarfile.LNKTYPE)),
            ("soft", link("a")),
            ("dir", link("", tarfile.DIRTYPE)),
            ("dir/.wh.gone", b"ignored"),
        ]
    )
    (image,) = read(saved(layers=[("l", layer)]))
    assert image.size == len(b"new one")


def test_a_layer_may_be_a_link_to_another() -> None:
    members = saved(
        layers=[
            ("one/layer.tar", LAYER),
            ("two/layer.tar", link("../one/layer.tar")),
            ("three", link("two/layer.tar", tarfile.LNKTYPE)),
        ]
    )
    assert read(members)[0].size == 24


def test_a_layer_of_several_images_counts_for_each() -> None:
    manifest = [
        {"Config": "c.json", "Layers": ["l"], "RepoTags": ["a:1"]},
        {"Config": "d.json", "Layers": ["l", "l"]},
    ]
    members = [("l", LAYER), ("c.json", b"{}"), ("d.json", b'{"config":{}}')]
    images = read([*members, ("manifest.json", json.dumps(manifest).encode())])
    assert [image.size for image in images] == [8, 16]


def test_an_image_that_is_named_twice_has_the_tags_of_both() -> None:
    manifest = [{"Config": "c.json", "RepoTags": [tag]} for tag in ("a:1", "a:2", "a:1")]
    (image,) = read([("c.json", b"{}"), ("manifest.json", json.dumps(manifest).encode())])
    assert [tag.familiar for tag in image.tags] == ["a:1", "a:2"]


def test_names_may_begin_with_a_dot() -> None:
    members = [(f"./{name}", content) for name, content in saved()]
    assert len(read(members)) == 1


@pytest.mark.parametrize("name", ["{}.json", "blobs/sha256/{}"])
def test_a_config_may_be_named_by_its_digest(name: str) -> None:
    digest = hashlib.sha256(CONFIG.encode()).hexdigest()
    assert read(saved(name=name.format(digest)))[0].id == f"sha256:{digest}"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (saved(name="0" * 64 + ".json"), "is named by its SHA-256, but that is "),
        (saved("[]"), "x.tar: c.json is not as it should be: Expected `object`, got `array`"),
        (saved("{"), "x.tar: c.json is not as it should be: Input data was truncated"),
        (saved('{"config":{"Labels":{"a":1}}}'), "Expected `str`, got `int`"),
        (saved('{"created":"yesterday"}'), 'x.tar: c.json has "created": "yesterday", no date'),
        (saved('{"rootfs":{"diff_ids":[]}}'), "does not have as many layers as the manifest says"),
        (saved(Config="d.json"), "x.tar: d.json is not there, though the manifest names it"),
        (saved(Layers=["m"]), "x.tar: m is not there, though the manifest names it"),
        (saved(Config="../c.json"), "x.tar: ../c.json lies outside the archive"),
        (saved(Config=".."), "x.tar: .. lies outside the archive"),
        (saved(Layers=["/etc/passwd"]), "x.tar: /etc/passwd lies outside the archive"),
        (saved(layers=[("l", link("../../l"))]), "x.tar: l lies outside the archive"),
        (saved(layers=[("l", link("l"))]), "x.tar: l is no file"),
        (saved(layers=[("l", link("", tarfile.DIRTYPE))]), "x.tar: l is no file"),
        (saved(layers=[("l", b"hello")]), "x.tar: l is named as a layer, but is no tar"),
        (saved(layers=[("l", b"\x28\xb5\x2f\xfd")]), "x.tar: l is compressed with zstd"),
        (saved(RepoTags=["a"]), 'x.tar: manifest.json has "RepoTags" with a, no name with a tag'),
        (saved(RepoTags=["a b:1"]), "with a b:1, no name with a tag"),
        ([("manifest.json", b"{}")], "x.tar: manifest.json is not as it should be"),
        ([("manifest.json", b"[{}]")], "Object missing required field `Config`"),
        ([("manifest.json", b'["\xff"]')], "x.tar: manifest.json is not as it should be"),
        (
            [("repositories", b"{}")],
            "x.tar has no manifest.json: it is no archive of `docker save`",
        ),
    ],
)
def test_an_archive_that_is_not_as_it_should_be_is_refused(members: Any, message: str) -> None:
    assert message in refused(members)


def test_one_tag_cannot_be_given_to_two_images() -> None:
    manifest = [{"Config": name, "RepoTags": ["a:1"]} for name in ("c.json", "d.json")]
    members = [("c.json", b"{}"), ("d.json", b'{"config":{}}')]
    assert refused([*members, ("manifest.json", json.dumps(manifest).encode())]) == (
        "x.tar: manifest.json gives a:1 to more than one image"
    )


def test_a_config_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_LARGEST_DOCUMENT", 300)
    assert refused(saved(json.dumps({"x": "y" * 300}))) == (
        "x.tar: c.json has 309 bytes, too many for what it should be"
    )


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)  # noqa: S311


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, lzma.compress, lambda data: bz2.compress(data, 1)]
)
def test_an_archive_that_is_cut_short_is_called_damaged(compress: Callable[[bytes], bytes]) -> None:
    whole = compress(pack(saved(layers=[("l", pack([("f", noise(300_000))]))])))
    assert refused(whole[: len(whole) // 2]).startswith("x.tar is damaged or cut short: ")


def test_an_archive_that_is_damaged_is_called_damaged() -> None:
    whole = bytearray(bz2.compress(pack(saved(layers=[("l", pack([("f", noise(300_000))]))])), 1))
    whole[len(whole) // 2] ^= 0xFF
    assert refused(bytes(whole)).startswith("x.tar is damaged or cut short: ")


@pytest.mark.parametrize("where", [0, 1])
def test_a_damaged_header_is_not_taken_for_the_end(where: int) -> None:
    whole = bytearray(pack([("a", bytes(10)), ("b", bytes(10))]))
    whole[1024] ^= 0xFF
    members = pack(saved(layers=[("l", bytes(whole))]))
    data = members if where else bytes(whole) + members
    assert refused(data) == "x.tar is damaged or cut short: bad checksum"


def test_a_cut_through_a_header_is_not_taken_for_the_end() -> None:
    whole = pack([("a", bytes(10)), ("b", bytes(10))])
    assert refused(whole[:1300]) == "x.tar is damaged or cut short: truncated header"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_without_an_archive_is_called_that(
    compress: Callable[[bytes], bytes],
) -> None:
    assert refused(compress(b"hello")) == (
        "x.tar is compressed, and damaged, cut short or no archive inside"
    )


def test_a_reading_error_of_the_system_is_left_to_the_caller() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 512:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        archive.read(Broken(pack(saved())), "x.tar")


def test_zstd_is_named() -> None:
    assert refused(b"\x28\xb5\x2f\xfd" + b"x" * 100) == (
        "x.tar is compressed with zstd; unpack it first, with `zstd -d`"
    )
