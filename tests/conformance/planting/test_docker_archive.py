from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import Any

import pytest

from muster.model.reference import is_tagged
from muster.planting.docker_archive import RUN_LABEL, Archive, build
from muster.planting.fixtures import FIXTURES, Fixture


def members(archive: Archive) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive.data)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        assert len(files) == len(tar.getnames()), "no file stands twice"
        return {name: file.read() for name, file in files.items() if file}


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def unpacked(archive: Archive) -> list[tuple[dict[str, Any], dict[str, Any], list[bytes]]]:
    """Of each image its entry in the manifest, its config, and its layers."""
    files = members(archive)
    return [
        (entry, json.loads(files[entry["Config"]]), [files[layer] for layer in entry["Layers"]])
        for entry in json.loads(files["manifest.json"])
    ]


def test_an_archive_is_reproducible_and_its_ids_are_unique_per_run() -> None:
    one, again, other = build("one"), build("one"), build("other")
    assert one == again
    assert {image.id for image in one.images}.isdisjoint(image.id for image in other.images)


def test_ids_are_config_digests_and_configs_name_the_layers() -> None:
    archive = build("run")
    files = members(archive)
    for image, (entry, config, layers) in zip(archive.images, unpacked(archive), strict=True):
        assert digest(files[entry["Config"]]) == image.id
        assert config["rootfs"]["diff_ids"] == [digest(layer) for layer in layers]
        steps = [step for step in config["history"] if not step.get("empty_layer")]
        assert len(steps) == len(layers)


def test_the_planted_values_match_the_archive() -> None:
    archive = build("run")
    for image, (entry, config, _) in zip(archive.images, unpacked(archive), strict=True):
        assert tuple(entry["RepoTags"] or ()) == image.tags
        assert entry.get("Parent", "") == image.parent
        assert (config["config"].get("Labels") or {}) == image.labels
        assert (RUN_LABEL in image.labels) is not bool(image.tags)
        assert ("created" in config) is (image.created is not None)
        assert all(is_tagged(tag) for tag in image.tags)


def test_a_child_starts_with_its_parents_layers_and_history() -> None:
    unpacked_ = dict(zip((f.key for f in FIXTURES), unpacked(build("run")), strict=True))
    for fixture in FIXTURES:
        if fixture.parent:
            _, config, layers = unpacked_[fixture.key]
            _, parent, below = unpacked_[fixture.parent]
            assert layers[: len(below)] == below
            assert config["history"][: len(parent["history"])] == parent["history"]


def test_layers_with_the_same_name_are_shared() -> None:
    keys = [fixture.key for fixture in FIXTURES]
    layers = dict(zip(keys, (entry["Layers"] for entry, _, _ in unpacked(build("r"))), strict=True))
    one, other = layers["shared1"], layers["shared2"]
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_an_id_can_be_made_to_start_with_twelve_digits() -> None:
    images = {image.key: image for image in build("run").images}
    assert images["digits"].id.removeprefix("sha256:")[:12].isdecimal()
    assert images["ofdigits"].parent == images["digits"].id


def test_a_name_may_be_in_a_registry_with_a_port() -> None:
    (image,) = build("r", [Fixture("a", ("a:1", ":5000/a:1", ":65535/b/a:2"))]).images
    assert image.tags == (
        "muster.test/r/a:1",
        "muster.test:5000/r/a:1",
        "registry.muster.test:65535/r/b/a:2",
    )


@pytest.mark.parametrize(
    ("created", "seconds"),
    [
        (None, None),
        ("1970-01-01T00:00:00Z", 0),
        ("2016-11-01T02:00:00+02:00", 1477958400),
        ("2016-02-01T10:00:00.5Z", 1454320800),
        ("1969-12-31T23:59:59.5Z", -1),
        ("2016-05-31T23:59:59.999999999Z", 1464739199),
        ("9999-12-31T23:59:59.999999999Z", 253402300799),
    ],
)
def test_a_date_is_in_whole_seconds(created: str | None, seconds: int | None) -> None:
    (image,) = build("run", [Fixture("a", ("a:1",), created)]).images
    assert image.created == seconds
