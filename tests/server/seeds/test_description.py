from typing import Any

import pytest

from musterd.errors import SeedError
from musterd.images.platform import Platform
from musterd.seeds.description import ImageDescription, describe


def test_an_empty_description_is_valid() -> None:
    assert describe() == ImageDescription()


def test_a_name_without_a_tag_gets_latest() -> None:
    named = describe("app", "docker.io/library/app:1", "app", f"app@sha256:{'a' * 64}")
    assert [name.familiar for name in named.names] == [
        "app:latest",
        "app:1",
        f"app@sha256:{'a' * 64}",
    ]
    assert named.origin == "the image app"


def test_values_are_converted() -> None:
    found = describe(
        "app:1",
        labels={},
        size="5MB",
        created="2024-01-01",
        parent="base",
        digest=f"sha256:{'a' * 64}",
        platform="linux/arm64",
        config={"Cmd": ["sh"]},
        origin="x:1",
    )
    assert (found.labels, found.size, found.created) == ({}, 5_000_000, "2024-01-01T00:00:00Z")
    assert (found.parent, found.digest) == ("base", f"sha256:{'a' * 64}")
    assert (found.platforms, found.config) == ((Platform("linux", "arm64"),), {"Cmd": ["sh"]})
    assert found.origin == "x:1"


def test_an_image_is_for_each_of_its_platforms_once() -> None:
    several = ["linux/arm64", "linux/amd64", "linux/arm64"]
    assert describe(platforms=several).platforms == (
        Platform("linux", "arm64"),
        Platform("linux", "amd64"),
    )
    assert describe().platforms == (Platform("linux", "amd64"),)


@pytest.mark.parametrize(
    ("names", "rest", "field", "message"),
    [
        (["APP"], {}, "name", r"'APP' is not an image name: invalid reference format"),
        ([], {"digest": True}, "digest", "an image with a digest needs a name"),
        ([], {"size": "x"}, "size", "not a size"),
        ([], {"config": {1, 2}}, "config", "not a JSON value"),
        ([], {"platform": "linux"}, "platform", "not a platform"),
        ([], {"platforms": ["linux"]}, "platforms", "not a platform"),
        (["a"], {"platforms": ["linux/a"], "platform": "linux/a"}, "platforms", "as well as"),
        (
            ["a"],
            {"platforms": ["linux/a", "linux/b"], "pullable": True},
            "platforms",
            "describe one for each, with the same name",
        ),
    ],
)
def test_invalid_values_are_reported_with_their_field(
    names: list[str], rest: Any, field: str, message: str
) -> None:
    with pytest.raises(SeedError, match=message) as no:
        describe(*names, **rest)
    assert no.value.field == field
