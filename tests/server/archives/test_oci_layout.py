import io
import json
from pathlib import Path
from typing import Any

import pytest

from musterd.archives import docker_archive, image_config
from musterd.archives.contents import Directory
from musterd.archives.limits import Budget, Limits
from musterd.errors import ArchiveError
from musterd.images.image import Image, Layer
from tests.server.support.archives import CONFIG, IMAGE_INDEX, LAYER, Layout, digest, link, pack

NAME = "io.containerd.image.name"
REF = "org.opencontainers.image.ref.name"


def read(layout: Layout, *manifests: Any) -> list[Image]:
    return docker_archive.read(io.BytesIO(layout.tar(*manifests)), "x.tar")


def refused(layout: Layout, *manifests: Any) -> str:
    with pytest.raises(ArchiveError) as error:
        read(layout, *manifests)
    return str(error.value)


def test_an_image_is_read_from_its_config_and_layers() -> None:
    layout = Layout()
    (image,) = read(layout, layout.image())
    assert image.id == digest(CONFIG.encode())
    assert image.labels == {"k": "v"}
    assert image.layers == (Layer(digest(LAYER), 8),)
    assert (image.size, image.tags, image.parent) == (8, (), None)


def test_a_directory_is_read_like_a_tar(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image(annotations={NAME: "a:1"})
    root = layout.directory(tmp_path, manifest)
    assert docker_archive.images(Directory(root, Budget(Limits(), "x"))) == read(layout, manifest)


@pytest.mark.parametrize(
    ("annotations", "tags"),
    [
        ({NAME: "docker.io/library/a:1", REF: "1"}, ["a:1"]),
        ({REF: "localhost:5000/a:1"}, ["localhost:5000/a:1"]),
        ({REF: "latest"}, []),
        ({NAME: "a@sha256:" + "0" * 64}, []),
        ({NAME: "no name"}, []),
        ({"other": "a:1"}, []),
        (None, []),
    ],
)
def test_an_image_gets_its_name_from_the_index(annotations: Any, tags: list[str]) -> None:
    layout = Layout()
    (image,) = read(layout, layout.image(annotations=annotations))
    assert [tag.familiar for tag in image.tags] == tags


def test_an_image_may_have_several_names() -> None:
    layout = Layout()
    manifest = layout.image()
    (image,) = read(layout, *(manifest | {"annotations": {NAME: name}} for name in ("a:1", "b:1")))
    assert [tag.familiar for tag in image.tags] == ["a:1", "b:1"]


def test_the_first_available_platform_is_chosen() -> None:
    layout = Layout()
    attestation = layout.image(b"{}", annotations={"vnd.docker.reference.type": "x"})
    absent = {"digest": digest(b"absent"), "size": 1}
    empty = layout.index()
    index = layout.index(attestation, absent, empty, layout.image(), layout.image(b'{"config":{}}'))
    (image,) = read(layout, index | {"annotations": {NAME: "a:1"}})
    assert image.id == digest(CONFIG.encode())
    assert [tag.familiar for tag in image.tags] == ["a:1"]


def test_an_index_without_images_has_none() -> None:
    layout = Layout()
    assert read(layout, layout.index()) == []
    assert read(layout) == []


def test_deeply_nested_indexes_are_refused() -> None:
    layout = Layout()
    index = layout.image()
    for _ in range(20):
        index = layout.index(index)
    assert refused(layout, index) == "x.tar: index.json leads through too many indexes"


def test_an_artifact_is_not_an_image() -> None:
    layout = Layout()
    manifest = layout.image(b"{}", kind="application/vnd.oci.empty.v1+json")
    (image,) = read(layout, manifest)
    assert image.not_image is not None
    assert image.not_image.endswith(
        "is not an image: it has a config of type application/vnd.oci.empty.v1+json"
    )


@pytest.mark.parametrize("value", ["sha512:" + "0" * 128, "sha256:../../../etc/passwd", ""])
def test_digests_other_than_sha_256_are_refused(value: str) -> None:
    assert refused(Layout(), {"digest": value, "size": 1}) == (
        f"x.tar: {value[:100]} is not a SHA-256 digest, the only supported kind"
    )


@pytest.mark.parametrize("size", [2**63, -(2**63) - 1, 10**30])
def test_sizes_beyond_64_bits_are_refused(size: int) -> None:
    layout = Layout()
    assert "index.json is not as it should be: Expected `int` " in refused(
        layout, layout.image() | {"size": size}
    )


def test_a_platform_is_read_as_go_reads_it() -> None:
    layout = Layout()
    known = {"os": "linux", "os.version": None, "os.features": ["a"]}
    (image,) = read(layout, layout.image() | {"platform": {**known, "other": 10**30}})
    assert [dict(each.descriptor.platform or {}) for each in image.targets] == [known]
    assert "is not as it should be: Expected `str | null`" in refused(
        layout, layout.image() | {"platform": {"os": 1}}
    )


def test_a_missing_blob_is_reported() -> None:
    assert refused(Layout(), {"digest": digest(b""), "mediaType": IMAGE_INDEX}).endswith(
        "is not there, though it is named"
    )


def test_a_blob_must_match_its_digest(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image()
    layout.members = [(name, data.replace(b"12345", b"54321")) for name, data in layout.members]
    assert "is named by its SHA-256, but that is" in refused(layout, manifest)
    root = layout.directory(tmp_path, manifest)
    with pytest.raises(ArchiveError, match="is named by its SHA-256"):
        docker_archive.images(Directory(root, Budget(Limits(), "x")))


def test_paths_outside_the_directory_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("{}")
    root = tmp_path / "layout"
    root.mkdir()
    (root / "link").symlink_to(outside)
    contents = Directory(root, Budget(Limits(), "x"))
    for path in ("../outside", "link", str(outside)):
        with pytest.raises(ArchiveError, match=r"lies outside the directory$"):
            contents.document(path)
    with pytest.raises(ArchiveError, match="is not there"):
        contents.layer("nowhere")


def test_paths_outside_the_archive_are_refused() -> None:
    manifest = json.dumps([{"Config": "../c", "RepoTags": None}]).encode()
    data = pack([("manifest.json", manifest), ("l", link("manifest.json"))])
    with pytest.raises(ArchiveError, match=r"\.\./c lies outside the archive$"):
        docker_archive.read(io.BytesIO(data), "x.tar")


def test_an_index_referenced_several_times_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def decode(*args: Any) -> Any:
        decoded.append(args)
        return original(*args)

    original = image_config.decode
    monkeypatch.setattr(image_config, "decode", decode)
    layout = Layout()
    index = layout.index()
    for _ in range(6):
        index = layout.index(*[index] * 10)
    assert read(layout, index, index) == []
    assert len(decoded) == 8


def test_a_manifest_referenced_several_times_is_read_once() -> None:
    layout = Layout()
    manifest = layout.image()
    names = [f"a:{number}" for number in range(300)]
    (image,) = read(layout, *(manifest | {"annotations": {NAME: name}} for name in names))
    assert [tag.familiar for tag in image.tags] == names


def test_each_file_of_a_directory_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def count(path: Path, *args: Any) -> Any:
        opened.append(path)
        return original(path, *args)

    original = Path.open
    root = Layout().directory(tmp_path)
    files = Directory(root, Budget(Limits(), "x"))
    monkeypatch.setattr(Path, "open", count)
    for path in ("oci-layout", "./oci-layout", "oci-layout"):
        files.document(path)
    assert opened == [root / "oci-layout"]


def test_a_circular_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ArchiveError, match=r"^x: a is (a link to itself|not there, though)"):
        Directory(tmp_path, Budget(Limits(), "x")).document("a")
