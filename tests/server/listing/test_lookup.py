from collections.abc import Callable
from typing import Any

import pytest

from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, NotFoundError
from musterd.images.image import Image
from musterd.listing import lookup
from musterd.listing.source import Images

MakeImage = Callable[..., Image]

DIGEST = "sha256:" + "a" * 64
ZEROS = "0" * 60


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    return [
        make_image(0xABC0, tags=["app:v1", "localhost:5000/x:latest"], digests=[f"app@{DIGEST}"]),
        make_image(0xABC1, tags=["app:latest", "abc:1"]),
        make_image(0, id="abc2" + ZEROS, tags=[f"{'0' * 8}:latest"]),
        make_image(0, id="sha256:def0" + ZEROS),
    ]


def at(version: str) -> Any:
    return rules.at(ApiVersion(version))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("app:v1", 0),
        ("app", 1),
        ("docker.io/library/app", 1),
        ("localhost:5000/x", 0),
        (f"app@{DIGEST}", 0),
        (f"app:nosuch@{DIGEST}", 0),
        ("sha256:" + "0" * 60 + "abc0", 0),
        ("0" * 60 + "abc1", 1),
        ("abc2", 2),
        ("sha256:abc2", 2),
        ("d", 3),
        # A name comes before an Id.
        ("0" * 8, 2),
    ],
)
@pytest.mark.parametrize("version", ["1.23", "1.24", "1.56"])
def test_an_image_is_found_by_name_digest_and_id(
    images: list[Image], name: str, found: int, version: str
) -> None:
    assert lookup.find(Images(images), name, at(version)) is images[found]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nosuch", "nosuch:latest"),
        ("docker.io/library/nosuch:1", "nosuch:1"),
        ("0" * 7, f"{'0' * 7}:latest"),  # the beginning of two Ids
        ("f" * 64, "sha256:" + "f" * 64),
        (f"x@{DIGEST}", f"x@{DIGEST}"),
    ],
)
def test_an_unknown_name_is_not_found(images: list[Image], name: str, shown: str) -> None:
    for version, message in (("1.23", name), ("1.24", shown), ("1.56", shown)):
        with pytest.raises(NotFoundError) as refused:
            lookup.find(Images(images), name, at(version))
        assert str(refused.value) == f"No such image: {message}"


@pytest.mark.parametrize(
    ("name", "older", "newer"),
    [
        ("a b", "invalid reference format", "invalid reference format"),
        (
            "user/UPPER:1",
            "invalid reference format: repository name must be lowercase",
            "invalid reference format: repository name (user/UPPER) must be lowercase",
        ),
    ],
)
def test_an_invalid_name_is_refused_from_1_24_on(
    images: list[Image], name: str, older: str, newer: str
) -> None:
    with pytest.raises(NotFoundError, match=f"^No such image: {name}$"):
        lookup.find(Images(images), name, at("1.23"))
    for version, message in (("1.24", older), ("1.42", newer)):
        with pytest.raises(BadRequestError) as refused:
            lookup.find(Images(images), name, at(version))
        assert str(refused.value) == message
