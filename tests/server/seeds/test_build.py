import json
import subprocess
import sys
from typing import Any

import pytest
from msgspec.structs import replace

from musterd.errors import SeedError
from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.seeds.build import build
from musterd.seeds.description import describe

FIRST = build(describe("base:1", size="5MB", created="2024-01-01"), None)


def config(image: Image) -> Any:
    return json.loads(image.config or b"")


def test_the_same_description_gives_the_same_image_in_every_process() -> None:
    script = (
        "from musterd.seeds.build import build; from musterd.seeds.description import describe;"
        "print(build(describe('app:1', labels={'b': '1', 'a': '2'}, digest=True), None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    here = build(describe("app:1", labels={"a": "2", "b": "1"}, digest=True), None)
    assert done.stdout == f"{here}\n".replace("{'a': '2', 'b': '1'}", "{'b': '1', 'a': '2'}")


@pytest.mark.parametrize(
    "rest",
    [
        {"labels": {}},
        {"labels": {"a": "b"}},
        {"size": 5},
        {"created": 5},
        {"platform": "linux/arm64"},
        {"platform": "linux/arm/v7"},
        {"config": {"Cmd": ["sh"]}},
    ],
    ids=repr,
)
def test_another_description_gives_another_image(rest: Any) -> None:
    assert build(describe("app:1", **rest), None).id != build(describe("app:1"), None).id


def test_another_name_gives_another_image() -> None:
    assert build(describe("app:1"), None).id != build(describe("app:2"), None).id
    assert build(describe(), None).id != build(describe("app:2"), None).id


def test_an_image_has_the_described_values() -> None:
    image = build(
        describe(
            "app:1",
            "app:latest",
            labels={"a": "b"},
            size="5MB",
            created="2024-01-01T00:00:00.25Z",
            platform="linux/arm/v7",
            config={"Cmd": ["sh"]},
        ),
        None,
    )
    assert [tag.familiar for tag in image.tags] == ["app:1", "app:latest"]
    assert (image.size, image.virtual_size) == (5_000_000, 5_000_000)
    assert (image.labels, image.parent, image.digests) == ({"a": "b"}, None, ())
    assert (image.created, image.created_text) == (1704067200, "2024-01-01T00:00:00.25Z")
    assert config(image)["config"] == {"Cmd": ["sh"], "Labels": {"a": "b"}}
    assert [config(image)[key] for key in ("os", "architecture", "variant")] == [
        "linux",
        "arm",
        "v7",
    ]


def test_omitted_values_are_derived() -> None:
    images = [build(describe(f"app:{number}"), None) for number in range(20)]
    assert len({image.size for image in images}) == 20
    assert len({image.created for image in images}) == 20
    assert all((image.created_text or "").startswith("2024-") for image in images)
    assert all(image.labels is None and "variant" not in config(image) for image in images)


def test_a_child_extends_its_parents_layers_and_is_newer() -> None:
    child = build(describe("app:1", parent="base:1", size="7MB"), FIRST)
    assert child.parent == FIRST.id
    assert child.layers is not None
    assert child.layers[:1] == FIRST.layers
    assert (child.size, child.layers[1].size) == (7_000_000, 2_000_000)
    assert FIRST.created < child.created <= FIRST.created + 3600
    assert config(child)["rootfs"]["diff_ids"] == [layer.digest for layer in child.layers]
    steps = [step["created_by"] for step in config(child)["history"]]
    assert steps == ["musterd add base:1", "musterd add app:1"]


def test_a_child_of_an_image_from_a_listing_has_its_size() -> None:
    listed = replace(FIRST, layers=None, config=None, virtual_size=9, created=10**15)
    child = build(describe("app:1", parent="x", size=9), listed)
    assert child.layers is not None
    assert [layer.size for layer in child.layers] == [9]
    assert (child.created_text or "").startswith("2024-")
    assert config(child)["history"][-1]["empty_layer"] is True


def test_an_invalid_parent_history_is_ignored() -> None:
    odd = replace(FIRST, config=b'{"history":5}')
    assert len(config(build(describe(parent="x"), odd))["history"]) == 1


def test_a_child_is_not_smaller_than_its_parent() -> None:
    with pytest.raises(SeedError, match="the image app:1 has 4 bytes, and its parent has 5000000"):
        build(describe("app:1", parent="base:1", size=4), FIRST)


def test_an_image_of_size_zero_has_no_layers() -> None:
    assert build(describe("app:1", size=0), None).layers == ()


SEVERAL = describe("app:1", size="5MB", platforms=["linux/arm64/v8", "linux/amd64"], digest=True)


def test_an_image_for_several_platforms_is_an_index_with_an_image_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("musterd.seeds.build.of_host", lambda: Platform("linux", "amd64"))
    image = build(SEVERAL, None)
    (index,) = image.targets
    first, second = index.manifests
    assert [each.platform for each in index.manifests] == [
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
        {"architecture": "amd64", "os": "linux"},
    ]
    assert (first.image, first.config) == (image.id, None), "the catalogue has this one"
    assert json.loads(second.config or "")["architecture"] == "amd64"
    assert [each.unpacked for each in index.manifests] == [0, 5_000_000], "as this machine does"
    for each in index.manifests:
        packed = sum(size for _, size in each.blobs)
        assert each.content == packed + each.descriptor.size
    assert [name.digest for name in image.digests] == [index.digest]


def test_graph_drivers_have_the_image_for_the_first_platform() -> None:
    alone = build(describe("app:1", size="5MB", platform="linux/arm64/v8"), None)
    image = build(SEVERAL, None)
    assert replace(image, targets=(), digests=()) == alone
    assert alone.targets == ()


def test_a_given_digest_is_that_of_the_index() -> None:
    given = f"sha256:{'a' * 64}"
    image = build(describe("app:1", platforms=["linux/a", "linux/b"], digest=given), None)
    assert image.targets[0].digest == given
    assert [name.familiar for name in image.digests] == [f"app@{given}"]


def test_each_repository_gets_a_digest() -> None:
    image = build(describe("app:1", "app:2", "example.com/app:1", digest=True), None)
    first, second = image.digests
    assert (first.repository, second.repository) == ("app", "example.com/app")
    assert first.digest == second.digest
    assert str(first.digest).startswith("sha256:")
    given = f"sha256:{'a' * 64}"
    image = build(describe(f"app@{given}", digest=given), None)
    assert [name.familiar for name in image.digests] == [f"app@{given}"]
    assert build(describe(f"app@{given}"), None).digests == image.digests
