from __future__ import annotations

import pytest

from tools.engines.errors import UnknownEngineError
from tools.engines.names import ENGINES, Kind, Release, Store, find, upstream


def test_an_engine_is_found_by_its_name() -> None:
    assert find("docker-28.5-containerd").store is Store.CONTAINERD
    assert find("podman-5.8").release.kind is Kind.PODMAN


def test_an_unknown_engine_name_is_reported_with_the_known_ones() -> None:
    with pytest.raises(UnknownEngineError, match=r"no engine 'docker-1'; there are docker-20\.10,"):
        find("docker-1")


def test_engine_names_and_titles_are_unique() -> None:
    assert len({engine.name for engine in ENGINES}) == len(ENGINES)
    assert len({engine.title for engine in ENGINES}) == len(ENGINES)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_engine_name_is_a_prefix_of_its_version(engine: object) -> None:
    [found] = [each for each in ENGINES if each is engine]
    program, numbers = found.name.removesuffix("-containerd").split("-")

    assert program == found.release.kind
    assert found.release.version.startswith(f"{numbers}.")


def test_both_stores_of_a_release_share_its_files() -> None:
    assert find("docker-26.1").release is find("docker-26.1-containerd").release


def test_the_title_names_a_non_default_store() -> None:
    assert find("docker-28.5").title == "Docker 28.5"
    assert find("docker-28.5-containerd").title == "Docker 28.5, containerd store"
    assert find("podman-4.3").title == "podman 4.3"


def test_a_release_can_take_libraries_from_another_suite() -> None:
    assert find("podman-6.1").release.suites == ("experimental", "sid")
    assert find("podman-5.8").release.suites == ("sid",)


def test_the_first_package_determines_the_version() -> None:
    assert Release(Kind.DOCKER, "sid", "28.5.2").package == "docker.io"
    assert Release(Kind.DOCKER, "sid", "28.5.2").wanted[-1] == "base-files"
    assert Release(Kind.PODMAN, "sid", "5.8.6", packages=("podman",)).wanted == (
        "podman",
        "base-files",
    )


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("28.5.2+dfsg4-5", "28.5.2"),
        ("20.10.24+dfsg1-1+deb12u1+b6", "20.10.24"),
        ("5.4.2+ds1-2+b2", "5.4.2"),
        ("1:2.3-1", "2.3"),
        ("7", "7"),
    ],
)
def test_the_upstream_version_is_parsed_from_debians(version: str, number: str) -> None:
    assert upstream(version) == number


def test_an_invalid_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'unknown' is no version"):
        upstream("unknown")
