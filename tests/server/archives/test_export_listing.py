import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from musterd.archives import listing_json
from musterd.archives.export_listing import export
from musterd.errors import ListingError
from musterd.images.image import NEVER, Image, Layer

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64


def read(data: bytes) -> list[Image]:
    return listing_json.parse(data, "x")


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    return [
        make_image(9, tags=["z:1", "b:1", "c:1"], own_order=True, labels={}),
        make_image(8, tags=["a.io/b:1", "z:1"][:1], digests=[f"a@{DIGEST}", f"b@{DIGEST}"]),
        make_image(7, parent=8, labels={"b": "", "a": "é"}, size=1, virtual_size=2),
        make_image(6, shared_size=0, containers=2),
        make_image(
            5,
            created_text="1970-01-12T13:46:45.25Z",
            config=b'{ "as": "it is\\u00e9" }',
            layers=(Layer("sha256:1", 2), Layer("sha256:3", 4)),
        ),
        make_image(4, has_config=False, config=b"{}", layers=()),
        make_image(3, created=-5, id="3" * 64),
        make_image(2, created=NEVER),
    ]


def test_an_export_is_imported_as_what_was_exported(images: list[Image]) -> None:
    assert read(export(images)) == images


def test_an_export_of_an_import_is_the_same_text(images: list[Image]) -> None:
    exported = export(images)
    assert export(read(exported)) == exported
    assert exported.endswith(b"]\n")


def test_an_export_says_no_more_than_is_known(make_image: MakeImage) -> None:
    (shown,) = json.loads(export([make_image(1, tags=["a:1"])]))
    assert shown == {
        "Id": make_image(1).id,
        "RepoTags": ["a:1"],
        "RepoDigests": None,
        "Created": 1_000_001,
        "Size": 10,
        "VirtualSize": 10,
        "Labels": None,
    }


def test_real_daemons_listings_come_back_as_they_were(data: Path) -> None:
    golden = json.loads((data / "golden.json").read_text())
    for listings in golden["listings"].values():
        for number in listings.values():
            listed = [golden["images"][image] for image in golden["bodies"][number]["images"]]
            imported = read(json.dumps(listed).encode())
            again = {image.id: image for image in read(export(imported))}
            assert all(again[image.id] == image for image in imported)


def test_tags_that_have_no_order_of_their_own_do_not_get_one(make_image: MakeImage) -> None:
    image = make_image(1, tags=["z:1", "a:1", "b:1"])
    (again,) = read(export([image]))
    assert again == replace(image, tags=tuple(sorted(image.tags, key=str)))


@pytest.mark.parametrize(
    ("muster", "problem"),
    [
        ({"Created": "yesterday"}, '"Muster" has "Created": "yesterday", no date'),
        ({"Config": "[]"}, '"Muster" has a "Config" that is no JSON object'),
        ({"Config": "{"}, '"Muster" has a "Config" that is no JSON object'),
        (
            {"Layers": [1]},
            '"Muster" must be what `musterd export` has written, or absent, not {"Layers":[1]}',
        ),
    ],
)
def test_what_an_export_would_not_say_is_refused(
    make_image: MakeImage, muster: Any, problem: str
) -> None:
    (shown,) = json.loads(export([make_image(1)]))
    with pytest.raises(ListingError) as refused:
        read(json.dumps([shown | {"Muster": muster}]).encode())
    assert str(refused.value) == f"x: image 1: {problem}"


def test_what_has_not_been_counted_is_not_known(make_image: MakeImage) -> None:
    (shown,) = json.loads(export([make_image(1)]))
    assert read(json.dumps([shown | {"SharedSize": -1, "Containers": -1}]).encode()) == [
        make_image(1)
    ]
