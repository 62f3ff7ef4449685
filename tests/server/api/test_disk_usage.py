import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.api import disk_usage
from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, UnavailableError
from musterd.images.image import Image, Layer
from musterd.listing.deadline import Deadline

MakeImage = Callable[..., Image]
A, B = Layer("sha256:a", 1), Layer("sha256:b", 10)


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    """Two images that share a layer, and an intermediate one."""
    top = make_image(1, tags=["a:1"], layers=(A, B), size=11, virtual_size=11, parent=3)
    other = make_image(2, layers=(A,), size=1, virtual_size=1, created=5)
    return [top, other, make_image(3, layers=(A,), size=1, virtual_size=1, created=1)]


def usage(
    images: list[Image], version: str, *types: str, verbose: bool | None = None
) -> dict[str, Any]:
    at = rules.at(ApiVersion(version))
    body = disk_usage.answer(images, disk_usage.kinds(types), at, verbose=verbose)
    assert body.endswith(b"}\n")
    found: dict[str, Any] = json.loads(body)
    return found


def test_shared_layers_are_counted_once(images: list[Image]) -> None:
    found = usage(images, "1.25")
    assert found["LayersSize"] == 11
    assert [
        (image["Id"], image["SharedSize"], image["Containers"]) for image in found["Images"]
    ] == [(images[0].id, 1, 0), (images[1].id, 1, 0)]


def test_repo_tags_are_null_from_1_42_on(images: list[Image]) -> None:
    assert usage(images, "1.41")["Images"][1]["RepoTags"] == ["<none>:<none>"]
    for version in ("1.42", "1.51"):
        found = usage(images, version)["Images"]
        assert (found[1]["RepoTags"], found[0]["RepoDigests"]) == (None, None)


def test_members_depend_on_the_api_version(images: list[Image]) -> None:
    old = ["LayersSize", "Images", "Containers", "Volumes", "BuildCache"]
    new = ["ImageUsage", "ContainerUsage", "VolumeUsage", "BuildCacheUsage"]
    assert list(usage(images, "1.41")) == [*old, "BuilderSize"]
    assert list(usage(images, "1.42")) == list(usage(images, "1.51")) == old
    assert list(usage(images, "1.52")) == [*old, *new]
    assert usage(images, "1.41")["BuildCache"] is None
    assert usage(images, "1.42")["BuildCache"] == []


def test_unrequested_types_are_null_and_absent_from_1_52_on(images: list[Image]) -> None:
    found = usage(images, "1.51", "volume", "build-cache")
    assert found == {
        "LayersSize": 0,
        "Images": None,
        "Containers": None,
        "Volumes": [],
        "BuildCache": [],
    }
    assert list(usage(images, "1.52", "volume")) == ["LayersSize", "Volumes", "VolumeUsage"]


def test_summaries_are_added_in_1_52(images: list[Image]) -> None:
    summary = {"ActiveCount": 0, "TotalCount": 2, "TotalSize": 11, "Reclaimable": 11}
    assert usage(images, "1.52", verbose=None)["ImageUsage"] == summary
    assert usage(images, "1.52", "image", verbose=False) == {"ImageUsage": summary}
    detailed = usage(images, "1.52", verbose=True)
    items = detailed["ImageUsage"].pop("Items")
    assert [item["Id"] for item in items] == [images[0].id, images[1].id]
    assert detailed["ImageUsage"] == summary
    assert detailed["VolumeUsage"]["Items"] == []
    assert "LayersSize" not in detailed


def test_an_unknown_object_type_is_refused() -> None:
    with pytest.raises(BadRequestError, match=r"^unknown object type: foo$"):
        disk_usage.kinds(["image", "foo"])


@pytest.mark.parametrize(
    ("text", "detail"), [("", None), ("1", True), ("true", True), ("F", False), ("False", False)]
)
def test_verbose_is_parsed_as_a_go_boolean(text: str, detail: bool | None) -> None:
    assert disk_usage.detail(text) is detail


def test_an_invalid_verbose_is_refused() -> None:
    with pytest.raises(BadRequestError, match=r"^invalid value for verbose: yes$"):
        disk_usage.detail("yes")


def test_disk_usage_ends_at_its_deadline(images: list[Image]) -> None:
    deadline = Deadline(1)
    deadline.cancel()
    at = rules.at(ApiVersion("1.51"))
    with pytest.raises(UnavailableError):
        disk_usage.answer(images, disk_usage.kinds(()), at, deadline=deadline)
