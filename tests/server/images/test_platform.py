"""Platforms in requests; the expectations are those of Docker 28.5.2."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from musterd.app import create_app
from musterd.errors import BadRequestError, NotFoundError
from musterd.images import platform as image_platform
from musterd.images.platform import Platform
from musterd.storage import catalogue
from tests.server.support.archives import pack

Ask = Callable[..., Any]
CONFIGS = {
    "amd64": {"os": "linux", "architecture": "amd64"},
    "amd64v3": {"os": "linux", "architecture": "amd64", "variant": "v3"},
    "arm64": {"os": "linux", "architecture": "arm64"},
    "arm64v8": {"os": "linux", "architecture": "arm64", "variant": "v8"},
    "armnov": {"os": "linux", "architecture": "arm"},
    "armv6": {"os": "linux", "architecture": "arm", "variant": "v6"},
    "i386": {"os": "linux", "architecture": "386"},
    "none": {"os": None, "variant": 5},
    "upper": {"os": "LINUX", "architecture": "AMD64"},
    "x86_64": {"os": "linux", "architecture": "x86_64"},
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("linux", "amd64"), {"amd64", "i386", "upper", "x86_64"}),
        (("LINUX", "x86_64"), {"amd64", "i386", "upper", "x86_64"}),
        (("linux", "amd64", "v1"), {"amd64", "i386", "upper", "x86_64"}),
        (("linux", "amd64", "v2"), {"amd64", "i386", "upper", "x86_64"}),
        (("linux", "amd64", "v4"), {"amd64", "amd64v3", "i386", "upper", "x86_64"}),
        (("linux", "386"), {"i386"}),
        (("linux", "arm", "v7"), {"armnov", "armv6"}),
        (("linux", "arm", "6"), {"armnov", "armv6"}),
        (("linux", "arm", "v5"), {"armnov"}),
        (("linux", "arm"), {"armnov", "armv6"}),
        (("linux", "armhf"), {"armnov", "armv6"}),
        (("linux", "armel"), {"armnov", "armv6"}),
        (("linux", "arm64"), {"arm64", "arm64v8", "armnov", "armv6"}),
        (("linux", "aarch64", "8"), {"arm64", "arm64v8", "armnov", "armv6"}),
        (("linux", "arm64", "v10"), {"arm64", "arm64v8", "armnov", "armv6"}),
        (("windows", "amd64"), set()),
        (("macos", "amd64"), set()),
    ],
)
def test_a_platform_matches_images_it_can_run(wanted: tuple[str, ...], found: set[str]) -> None:
    platforms = {
        name: image_platform.of_config(json.dumps(config).encode())
        for name, config in CONFIGS.items()
    }

    assert found == {
        name
        for name, platform in platforms.items()
        if image_platform.runs(platform, Platform(*wanted))
    }


def test_platform_aliases_are_equivalent() -> None:
    assert image_platform.is_same(Platform("LINUX", "x86-64"), Platform("linux", "amd64", "v1"))
    assert image_platform.is_same(Platform("macos", "aarch64"), Platform("darwin", "arm64", "v8"))
    assert not image_platform.is_same(Platform("linux", "386"), Platform("linux", "amd64"))


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ('{"os":"linux","architecture":"arm","variant":"v5"}', Platform("linux", "arm", "v5")),
        ('{"OS":"linux","Architecture":"amd64","x":1}', Platform("linux", "amd64")),
        (
            '{"os":"linux","architecture":"amd64","variant":null,"os.features":null}',
            Platform("linux", "amd64"),
        ),
    ],
)
def test_a_platform_is_parsed_as_go_does(text: str, platform: Platform) -> None:
    assert image_platform.parse(text) == platform


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "failed to parse platform: it is not JSON"),
        ("", "failed to parse platform: it is not JSON"),
        ("[" * 100_000, "failed to parse platform: it is nested too deeply"),
        ("[]", "failed to parse platform: it is not a JSON object"),
        ('{"os":1,"architecture":"amd64"}', "failed to parse platform: os is not a text"),
        (
            '{"os":"linux","architecture":"amd64","os.features":[1]}',
            "failed to parse platform: os.features is not a list of texts",
        ),
        (
            '{"os":"linux","architecture":"amd64","os.features":"x"}',
            "failed to parse platform: os.features is not a list of texts",
        ),
        ("null", "both OS and Architecture must be provided"),
        ('{"os":"linux"}', "both OS and Architecture must be provided"),
        ('{"os":"linux","architecture":null}', "both OS and Architecture must be provided"),
        (
            '{"variant":"v5"}',
            "optional platform fields provided, but OS and Architecture are missing",
        ),
    ],
)
def test_an_invalid_platform_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        image_platform.parse(text)
    assert str(refused.value) == message


def test_a_platform_mismatch_is_reported_with_both_platforms() -> None:
    config = json.dumps(CONFIGS["armv6"]).encode()
    image_platform.check(None, config, "a")
    image_platform.check(Platform("linux", "arm", "v7"), config, "a")

    for given, shown in ((config, "linux/arm/v6"), (None, "unknown")):
        with pytest.raises(NotFoundError) as refused:
            image_platform.check(Platform("linux", "amd64", "v2"), given, "a")
        assert str(refused.value) == (
            f"image with reference a was found but its platform ({shown}) does not match the "
            "specified platform (linux/amd64/v2)"
        )


def archive(*names: str) -> bytes:
    members = [
        (f"{name}.json", json.dumps({"author": name, "config": {}} | CONFIGS[name]).encode())
        for name in names
    ]
    manifest = [{"Config": f"{name}.json", "RepoTags": [f"{name}:1"]} for name in names]
    return pack([*members, ("manifest.json", json.dumps(manifest).encode())])


def query(name: str, *platforms: str) -> str:
    texts = (json.dumps(dict(zip(("os", "architecture"), each.split("/"), strict=True)))
             for each in platforms)  # fmt: skip
    return "?" + "&".join(f"{name}={quote(text)}" for text in texts)


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        yield create_app(store)


@pytest.fixture
def ask(app: Any, ask_app: Ask) -> Ask:
    """Ask a server that has an image for each of two processors."""
    assert ask_app(app, "/images/load", "POST", body=[archive("amd64", "arm64")]).status == 200

    def ask(*arguments: Any, **options: Any) -> Any:
        return ask_app(app, *arguments, **options)

    return ask


def test_inspect_checks_the_platform_from_1_49_on(ask: Ask) -> None:
    for version, status in (("1.48", 200), ("1.49", 404), ("1.56", 404)):
        target = f"/v{version}/images/arm64:1/json{query('platform', 'linux/amd64')}"
        assert ask(target).status == status
    assert ask(f"/images/arm64:1/json{query('platform', 'linux/arm64')}").status == 200
    assert ask("/images/arm64:1/json?platform=").status == 200
    assert ask("/v1.49/images/arm64:1/json?platform=x").status == 400
    assert ask("/images/nosuch/json?platform=x").status == 400


def test_inspect_refuses_platform_together_with_manifests(ask: Ask) -> None:
    plain = ask("/images/arm64:1/json").json
    assert ask("/images/arm64:1/json?manifests=1").json == plain
    target = f"/images/arm64:1/json{query('platform', 'linux/arm64')}&manifests="
    assert ask(f"{target}0").json == plain
    assert ask(f"{target}1").json == {
        "message": "conflicting options: manifests and platform options cannot both be set"
    }


@pytest.mark.parametrize(
    ("version", "asked", "loaded"),
    [
        ("1.47", ["linux/arm64"], ["i386:1", "x86_64:1"]),
        ("1.48", ["linux/amd64"], ["x86_64:1"]),
        ("1.56", ["linux/386"], ["i386:1"]),
        ("1.56", [], ["i386:1", "x86_64:1"]),
    ],
)
def test_load_skips_images_of_other_platforms(
    ask: Ask, version: str, asked: list[str], loaded: list[str]
) -> None:
    target = f"/v{version}/images/load{query('platform', *asked)}"
    answer = ask(target, "POST", body=[archive("i386", "x86_64")])

    assert [json.loads(line) for line in answer.body.splitlines()] == [
        {"stream": f"Loaded image: {tag}\n"} for tag in loaded
    ]


def test_loading_a_platform_the_archive_lacks_loads_nothing(ask: Ask) -> None:
    target = f"/images/load{query('platform', 'linux/s390x')}"
    assert ask(target, "POST", body=[archive("none")]).body == b"{}\r\n"
    assert ask("/images/none:1/json").status == 404


@pytest.mark.parametrize("version", ["1.48", "1.52"])
def test_load_accepts_only_one_platform(ask: Ask, version: str) -> None:
    for parameters in (query("platform", "linux/amd64", "linux/386"), "?platform=", "?platform=x"):
        answer = ask(f"/v{version}/images/load{parameters}", "POST", body=[archive("i386")])
        assert answer.status == 400


def test_delete_checks_the_platform_from_1_50_on(ask: Ask) -> None:
    wrong, right = (query("platforms", each) for each in ("linux/s390x", "linux/arm64"))
    assert ask(f"/v1.50/images/arm64:1{wrong}", "DELETE").status == 404
    assert ask(f"/v1.50/images/nosuch:1{wrong}", "DELETE").json["message"].startswith("No such")
    several = query("platforms", "linux/arm64", "linux/amd64")
    assert ask(f"/images/arm64:1{several}", "DELETE").json == {
        "message": "multiple platforms are not supported"
    }
    assert ask("/images/arm64:1?platforms=", "DELETE").status == 400
    assert ask("/images/arm64:1/json").status == 200
    assert ask(f"/images/arm64:1{right}", "DELETE").json[0] == {"Untagged": "arm64:1"}
    assert ask(f"/v1.49/images/amd64:1{wrong}", "DELETE").json[0] == {"Untagged": "amd64:1"}


def test_attestations_are_not_supported(ask: Ask) -> None:
    for target in (
        "/images/amd64:1/attestations?type=a&type=b&statement=1",
        "/images/x/attestations",
    ):
        answer = ask(target)
        assert answer.status == 501
        assert answer.json == {"message": "the legacy image store does not support attestations"}
    assert ask("/v1.54/images/amd64:1/attestations").status == 404
    assert ask("/images/amd64:1/attestations?platform=").status == 501
    assert ask("/images/amd64:1/attestations?platform=x").status == 400
    twice = query("platform", "linux/amd64", "linux/386")
    assert ask(f"/images/amd64:1/attestations{twice}").status == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/arm64", Platform("linux", "arm64")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
        ("linux/x86_64", Platform("linux", "amd64")),
        ("windows", Platform("windows", image_platform.of_host().architecture)),
        ("arm64", Platform(image_platform.of_host().os, "arm64")),
    ],
)
def test_a_platform_can_be_a_text(text: str, expected: Platform) -> None:
    assert image_platform.parse_specifier(text) == expected


def test_the_closest_platform_is_the_best() -> None:
    images = [Platform("linux", "386"), Platform("linux", "x86_64"), Platform("linux", "arm64")]
    assert image_platform.best(images, Platform("linux", "amd64")) == 1
    assert image_platform.best(images, Platform("linux", "386")) == 0
    assert image_platform.best(images, Platform("linux", "s390x")) is None
