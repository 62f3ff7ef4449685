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
from msgspec.structs import replace

from musterd.archives import contents, docker_archive, image_config
from musterd.archives.image_config import ImageConfig, parse_config
from musterd.archives.limits import Limits
from musterd.errors import ArchiveError
from musterd.images.image import NEVER, Image, Layer
from musterd.images.reference import Reference
from musterd.zstandard import zstd
from tests.server.support.archives import CONFIG, LAYER, digest, id_of, link, pack, saved, several


def read(data: Any, limits: Limits | None = None) -> list[Image]:
    data = data if isinstance(data, bytes) else pack(data)
    return docker_archive.read(io.BytesIO(data), "x.tar", limits)


def refused(data: Any, limits: Limits | None = None) -> str:
    with pytest.raises(ArchiveError) as error:
        read(data, limits)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("x.tar")
    return message


def test_the_images_match_those_docker_loads(data: Any) -> None:
    golden = json.loads((data / "docker-1.11.2.json").read_text())
    listed = {image["Id"]: image for image in golden["listing"]}
    with (data / "fixtures.tar.xz").open("rb") as file:
        images = docker_archive.read(file, "fixtures.tar.xz")
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


def test_an_image_has_the_values_of_its_config() -> None:
    assert [replace(image, targets=()) for image in read(saved())] == [
        Image(
            id="sha256:" + hashlib.sha256(CONFIG.encode()).hexdigest(),
            parent=None,
            created=1451606400,
            created_text="2016-01-01T00:00:00.5Z",
            size=8,
            virtual_size=8,
            labels={"k": "v"},
            tags=(Reference("a", "1"),),
            config=CONFIG.encode(),
            layers=(Layer(digest(LAYER), 8),),
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
def test_missing_config_missing_labels_and_empty_labels_differ(
    config: str, labels: Any, has_config: bool
) -> None:
    (image,) = read(saved(config))
    assert (image.labels, image.has_config, image.created) == (labels, has_config, NEVER)


@pytest.mark.parametrize("absent", [{"RepoTags": None, "Layers": None}, {"RepoTags": []}])
def test_an_image_may_have_no_tags_and_no_layers(absent: dict[str, Any]) -> None:
    (image,) = read(saved("{}", layers=(), **absent))
    assert (image.tags, image.size) == ((), 0)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_the_archive_and_its_layers_may_be_compressed(compress: Callable[[bytes], bytes]) -> None:
    (image,) = read(compress(pack(saved(layers=[("l", compress(LAYER))]))))
    assert image.size == 8


def test_the_size_of_a_layer_is_the_sum_of_its_files() -> None:
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


def test_a_shared_layer_counts_for_each_image() -> None:
    manifest = [
        {"Config": "c.json", "Layers": ["l"], "RepoTags": ["a:1"]},
        {"Config": "d.json", "Layers": ["l", "l"]},
    ]
    members = [("l", LAYER), ("c.json", b"{}"), ("d.json", b'{"config":{}}')]
    images = read([*members, ("manifest.json", json.dumps(manifest).encode())])
    assert [image.size for image in images] == [8, 16]


def test_an_image_listed_twice_has_the_tags_of_both_entries() -> None:
    manifest = [{"Config": "c.json", "RepoTags": [tag]} for tag in ("a:1", "a:2", "a:1")]
    (image,) = read([("c.json", b"{}"), ("manifest.json", json.dumps(manifest).encode())])
    assert [tag.familiar for tag in image.tags] == ["a:1", "a:2"]


def test_member_names_may_start_with_a_dot() -> None:
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
        (saved(Config="d.json"), "x.tar: d.json is not there, though it is named"),
        (saved(Layers=["m"]), "x.tar: m is not there, though it is named"),
        (saved(Config="../c.json"), "x.tar: ../c.json lies outside the archive"),
        (saved(Config=".."), "x.tar: .. lies outside the archive"),
        (saved(Layers=["/etc/passwd"]), "x.tar: /etc/passwd lies outside the archive"),
        (
            saved(layers=[("l", link("../../l"))]),
            "x.tar: l is a link to ../../l, outside the archive",
        ),
        (saved(more=[("x", link("/etc/passwd"))]), "x.tar: x is a link to /etc/passwd, outside"),
        (saved(more=[("x", link("../x", tarfile.LNKTYPE))]), "x.tar: x is a link to ../x, outside"),
        (saved(more=[("a/../../x", b"")]), "x.tar: ../x lies outside the archive"),
        (saved(layers=[("l", link("l"))]), "x.tar: l is a link to itself"),
        (saved(layers=[("l", link("", tarfile.DIRTYPE))]), "x.tar: l is not there"),
        (saved(layers=[("l", b"hello")]), "x.tar: l is named as a layer, but is not a tar"),
        (
            saved(layers=[("l", b"\x28\xb5\x2f\xfd")]),
            "x.tar: l cannot be read as a layer: l is damaged or cut short: its end is missing",
        ),
        (saved(RepoTags=["a"]), 'x.tar: manifest.json has "RepoTags" with a, no name with a tag'),
        (saved(RepoTags=["a b:1"]), "with a b:1, no name with a tag"),
        ([("manifest.json", b"{}")], "x.tar: manifest.json is not as it should be"),
        ([("manifest.json", b"[{}]")], "Object missing required field `Config`"),
        ([("manifest.json", b'["\xff"]')], "x.tar: manifest.json is not as it should be"),
        (
            [("repositories", b"{}")],
            "x.tar has neither a manifest.json nor an index.json: it is no archive of",
        ),
    ],
)
def test_a_malformed_archive_is_refused(members: Any, message: str) -> None:
    assert message in refused(members)


def test_an_image_with_too_many_layers_is_refused() -> None:
    assert refused(saved(Layers=["l/layer.tar"] * 1001)) == (
        "x.tar: c.json has 1001 layers; an image may have 1000"
    )
    assert len(read(saved(Layers=["l/layer.tar"] * 1000))[0].layers or ()) == 1000


def test_a_config_with_several_names_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def parse(*args: Any) -> ImageConfig:
        decoded.append(args)
        return parse_config(*args)

    monkeypatch.setattr(image_config, "parse_config", parse)
    manifest = [{"Config": "./" * number + "c.json"} for number in range(20)]
    assert len(read([("c.json", b"{}"), ("manifest.json", json.dumps(manifest).encode())])) == 1
    assert len(decoded) == 1


def test_very_long_paths_are_shortened_in_messages() -> None:
    assert len(refused(saved(Config="c" * 10_000))) < 300


def test_the_last_image_with_a_tag_keeps_it() -> None:
    images = read(several(("x", ["a:1", "a:2"], None), ("y", ["a:1"], None)))
    assert [(image.id, [tag.familiar for tag in image.tags]) for image in images] == [
        (id_of("x"), ["a:2"]),
        (id_of("y"), ["a:1"]),
    ]


def test_parents_are_kept_if_the_archive_contains_them() -> None:
    images = read(several(("x", ["a:1"], "y"), ("y", [], None), ("z", [], "x")))
    assert [image.parent for image in images] == [id_of("y"), None, id_of("x")]
    assert read(saved(Parent="sha256:" + "0" * 64))[0].parent is None


def test_cyclic_parents_are_dropped() -> None:
    images = read(several(("x", [], "y"), ("y", [], "x"), ("z", [], "z"), ("u", [], "x")))
    assert [image.parent for image in images] == [None] * 4
    images = read(several(("x", [], "y"), ("y", [], "x"), ("u", [], "x"), ("v", [], "u")))
    assert [image.parent for image in images] == [None] * 4


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(document_size=40), " bytes, too many for its kind"),
        (Limits(entries=4), "x.tar and its layers hold more than 4 files"),
        (Limits(document_size=130), "x.tar has more than 1040 bytes of documents"),
    ],
)
def test_an_archive_that_exceeds_a_limit_is_refused(limits: Limits, message: str) -> None:
    members = saved("{}", more=[(str(number), b"{" + b" " * 110) for number in range(10)])
    if limits.document_size < 120:
        members = saved()
    assert message in refused(members, limits)


def test_a_decompression_bomb_is_refused() -> None:
    layer = gzip.compress(pack([("f", bytes(2**24))]))
    limits = Limits(unpacked_size=2**23)
    assert refused(saved(layers=[("l", layer)]), limits) == (
        "x.tar unpacks to more than 8388608 bytes"
    )
    assert refused(gzip.compress(pack(saved(layers=[("l", layer)]))), limits).startswith("x.tar ")


@pytest.mark.parametrize(
    "config",
    [
        '{"config":' + "[" * 500_000,
        '{"x":' * 500_000,
        '{"created":-1e9999}',
        '{"created":"9999999999-01-01T00:00:00Z"}',
        '{"created":"2016-13-01T00:00:00Z"}',
        '{"config":{"Labels":{"a":"\\ud800"}}}',
        '{"rootfs":{"diff_ids":-1}}',
    ],
)
def test_an_absurd_config_is_refused(config: str) -> None:
    assert refused(saved(config)).startswith("x.tar: c.json ")


def test_a_layer_must_match_its_diff_id() -> None:
    config = json.dumps({"rootfs": {"diff_ids": [digest(LAYER)]}})
    assert read(saved(config))[0].layers == (Layer(digest(LAYER), 8),)
    config = json.dumps({"rootfs": {"diff_ids": [digest(b"")]}})
    assert refused(saved(config)) == (
        f"x.tar: c.json says that layer 1 is {digest(b'')}, but it is {digest(LAYER)}"
    )


def test_an_empty_file_is_an_empty_layer() -> None:
    assert read(saved(layers=[("l", b"")]))[0].layers == (Layer(digest(b""), 0),)


def test_a_layer_of_absurd_size_is_refused() -> None:
    big = tarfile.TarInfo("f")
    big.size = 2**62
    start = big.tobuf(tarfile.GNU_FORMAT)
    assert "cannot be read as a layer" in refused(saved(layers=[("l", start)]))


def test_a_layer_with_a_path_outside_is_refused() -> None:
    layer = pack([("../x", b"1")])
    assert "l cannot be read as a layer: ../x lies outside of it" in refused(
        saved(layers=[("l", layer)])
    )


def test_a_layer_must_be_a_tar_and_a_config_must_be_json() -> None:
    assert "l is named as a layer, but is not a tar" in refused(saved(layers=[("l", b"{}")]))
    assert "l/layer.tar is invalid: it is not JSON" in refused(saved(Config="l/layer.tar"))


def test_the_last_of_duplicate_members_counts() -> None:
    members = [("c.json", b"[]"), ("l/layer.tar", link("c.json")), *saved()]
    assert read(members)[0].size == 8


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_MOST_FILES", 3)
    assert refused(saved(more=[("x", b"")])) == "x.tar holds more than 3 files"


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)  # noqa: S311


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, lzma.compress, lambda data: bz2.compress(data, 1)]
)
def test_a_truncated_archive_is_reported_as_damaged(compress: Callable[[bytes], bytes]) -> None:
    whole = compress(pack(saved(layers=[("l", pack([("f", noise(300_000))]))])))
    assert refused(whole[: len(whole) // 2]).startswith("x.tar is damaged or cut short: ")


def test_a_corrupted_archive_is_reported_as_damaged() -> None:
    whole = bytearray(bz2.compress(pack(saved(layers=[("l", pack([("f", noise(300_000))]))])), 1))
    whole[len(whole) // 2] ^= 0xFF
    assert refused(bytes(whole)).startswith("x.tar is damaged or cut short: ")


@pytest.mark.parametrize("where", [0, 1])
def test_a_damaged_header_is_not_mistaken_for_the_end(where: int) -> None:
    whole = bytearray(pack([("a", bytes(10)), ("b", bytes(10))]))
    whole[1024] ^= 0xFF
    members = pack(saved(layers=[("l", bytes(whole))]))
    data = members if where else bytes(whole) + members
    assert refused(data).endswith("is damaged or cut short: bad checksum")


def test_a_truncated_header_is_not_mistaken_for_the_end() -> None:
    whole = pack([("a", bytes(10)), ("b", bytes(10))])
    assert refused(whole[:1300]) == "x.tar is damaged or cut short: truncated header"


@pytest.mark.parametrize("data", [b"hello", gzip.compress(b"hello", mtime=0)])
def test_a_file_that_is_not_a_tar_is_reported(data: bytes) -> None:
    assert refused(data) == "x.tar is neither an archive of `docker save` nor an OCI image layout"


def test_an_os_error_while_reading_propagates() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 512:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        docker_archive.read(Broken(pack(saved())), "x.tar")
