import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.api import inspect
from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.images.image import NEVER, Image

MakeImage = Callable[..., Image]

CONFIG = {
    "architecture": "arm64",
    "variant": "v8",
    "os": "linux",
    "author": "somebody",
    "docker_version": "1.11.2",
    "container": "c0ffee",
    "container_config": {"Hostname": "build", "Cmd": ["/build"]},
    "created": "2016-01-01T00:00:00.50Z",
    "config": {
        "Hostname": "run",
        "Cmd": ["/run"],
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {},
        "Labels": {"k": "v"},
    },
    "rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2"]},
}


@pytest.fixture
def image(make_image: MakeImage) -> Image:
    return make_image(
        1,
        tags=["z:1", "user/a:1"],
        parent=2,
        size=3,
        virtual_size=4,
        labels={"k": "v"},
        created_text=CONFIG["created"],
        config=json.dumps(CONFIG).encode(),
    )


def answer(image: Image, version: str) -> Any:
    body = inspect.answer(image, rules.at(ApiVersion(version)))
    assert body.endswith(b"}\n")
    return json.loads(body)


@pytest.mark.parametrize("version", ["1.23", "1.24", "1.42", "1.56"])
def test_an_image_is_described_from_its_config(image: Image, version: str) -> None:
    shown = answer(image, version)
    assert shown["Id"] == image.id
    assert shown["RepoDigests"] == []
    assert shown["Parent"] == image.parent
    assert shown["Created"] == "2016-01-01T00:00:00.5Z"
    assert shown["Author"] == "somebody"
    assert shown["DockerVersion"] == "1.11.2"
    assert (shown["Architecture"], shown["Variant"], shown["Os"]) == ("arm64", "v8", "linux")
    assert shown["RootFS"] == {"Type": "layers", "Layers": ["sha256:1", "sha256:2"]}
    assert shown["Config"]["Cmd"] == ["/run"]
    assert shown["Config"]["ExposedPorts"] == {"80/tcp": {}}
    names = ["user/a:1", "z:1"]
    assert shown["RepoTags"] == (names if version == "1.23" else names[::-1])


def test_fields_depend_on_the_api_version(image: Image) -> None:
    shown = {minor: answer(image, f"1.{minor}") for minor in range(23, 56)}
    assert {minor for minor in shown if "VirtualSize" in shown[minor]} == set(range(23, 44))
    assert {minor for minor in shown if "Container" in shown[minor]} == set(range(23, 45))
    assert {minor for minor in shown if "ContainerConfig" in shown[minor]} == set(range(23, 45))
    assert {minor for minor in shown if "Comment" in shown[minor]} == set(range(23, 52))
    assert {minor for minor in shown if "Env" in shown[minor]["Config"]} == set(range(23, 52))
    assert {minor for minor in shown if "Volumes" in shown[minor]["Config"]} == set(range(23, 52))
    assert {minor for minor in shown if "Tty" in shown[minor]["Config"]} == set(range(23, 50))
    assert {minor for minor in shown if shown[minor]["Size"] == 4} == set(range(43, 56))
    assert shown[41]["Config"]["Hostname"] == "run"
    assert shown[42]["Config"]["Hostname"] == ""
    assert shown[44]["Container"] == "c0ffee"
    assert shown[44]["ContainerConfig"]["Hostname"] == "build"
    assert shown[44]["ContainerConfig"]["Env"] is None


def test_an_image_without_a_config_shows_null_or_an_empty_config(make_image: MakeImage) -> None:
    image = make_image(1, config=b"{}", has_config=False)
    assert answer(image, "1.23")["Config"] is None
    assert answer(image, "1.41")["Config"] is None
    assert answer(image, "1.42")["Config"]["Cmd"] is None
    assert answer(image, "1.52")["Config"] == {}


@pytest.mark.parametrize("version", ["1.23", "1.56"])
def test_an_image_from_a_listing_shows_the_fields_of_the_listing(
    make_image: MakeImage, version: str
) -> None:
    shown = answer(make_image(1, created=1, labels={"k": "v"}), version)
    assert shown["Config"] == {"Labels": {"k": "v"}}
    assert (shown["Architecture"], shown["Os"]) == ("", "")
    assert shown["RootFS"] == {"Type": "layers"}
    assert shown["Created"] == "1970-01-01T00:00:01Z"
    assert shown.get("Parent", "") == ""
    assert "Variant" not in shown


def test_an_image_without_a_date_shows_the_zero_date_or_none(make_image: MakeImage) -> None:
    image = make_image(1, created=NEVER)
    assert answer(image, "1.43")["Created"] == "0001-01-01T00:00:00Z"
    assert "Created" not in answer(image, "1.44")
    assert "Created" not in answer(make_image(1, created=2**62), "1.23")


def test_invalid_config_members_are_ignored(make_image: MakeImage) -> None:
    config = b'{"rootfs": [], "config": 1, "container_config": "x"}'
    shown = answer(make_image(1, config=config), "1.42")
    assert shown["RootFS"] == {"Type": "layers"}
    assert shown["Config"]["Hostname"] == shown["ContainerConfig"]["Hostname"] == ""
