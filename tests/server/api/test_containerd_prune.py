"""``POST /images/prune`` in the style of the containerd store."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from musterd.api.containerd_prune import ContainerdPruneConditions
from musterd.contract import engines
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, TimestampError
from musterd.images.image import Image
from musterd.images.platform import Platform
from tests.server.api.test_containerd import Served
from tests.server.support import containerd

OLD = engines.DOCKER_28_CONTAINERD.rules_at(ApiVersion("1.51"))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    from musterd.archives import manifests  # noqa: PLC0415

    monkeypatch.setattr(manifests.platform, "of_host", lambda: Platform("linux", "amd64"))
    with closing(Served("docker-28-containerd", containerd.loaded())) as server:
        yield server


def prune(served: Served, filters: str = "") -> Any:
    return served.ask(f"/v1.51/images/prune?filters={filters}", "POST").json


def listed(served: Served) -> dict[str, Any]:
    found = served.ask("/v1.51/images/json?all=1&manifests=1").json
    return {each["Id"]: each for each in found}


def test_an_image_without_a_name_is_untagged_by_its_digest(served: Served) -> None:
    before = listed(served)
    unnamed = {name for name, each in before.items() if not each["RepoTags"]}
    found = prune(served)
    assert {each["Untagged"] for each in found["ImagesDeleted"] if "Untagged" in each} == unnamed
    assert {each["Deleted"] for each in found["ImagesDeleted"] if "Deleted" in each} == unnamed
    packed = sum(
        each["Manifests"][0]["Size"]["Content"] for name, each in before.items() if name in unnamed
    )
    assert 0 < found["SpaceReclaimed"] <= packed
    assert listed(served).keys() == before.keys() - unnamed
    assert prune(served) == {"ImagesDeleted": None, "SpaceReclaimed": 0}


def test_indexes_and_manifests_are_deleted_with_the_last_name(served: Served) -> None:
    before = listed(served)
    deleted = prune(served, '{"dangling":["false"]}')["ImagesDeleted"]
    names = {each["Untagged"] for each in deleted if "Untagged" in each}
    assert names >= {tag for each in before.values() for tag in each["RepoTags"]}
    there = {
        manifest["ID"]
        for each in before.values()
        for manifest in each["Manifests"]
        if manifest["Size"]["Content"]
    }
    gone = [each["Deleted"] for each in deleted if "Deleted" in each]
    assert there <= set(gone)
    assert len(gone) == len(set(gone))
    assert listed(served) == {}


def test_conditions_apply_to_every_platform_and_to_the_time_of_the_load(served: Served) -> None:
    assert (
        prune(served, '{"dangling":["false"],"label":["no such label"]}')["ImagesDeleted"] is None
    )
    assert prune(served, '{"dangling":["false"],"until":["1"]}')["ImagesDeleted"] is None
    assert prune(served, '{"dangling":["false"],"label":["stage"]}')["ImagesDeleted"]


@pytest.mark.parametrize("text", ['{"dangling":["x"]}', '{"muster":["x"]}'])
def test_invalid_conditions_are_refused(text: str) -> None:
    with pytest.raises(BadRequestError):
        ContainerdPruneConditions.parse(text, OLD, 0)


def test_several_times_must_all_be_later() -> None:
    found = ContainerdPruneConditions.parse('{"until":["5","7"]}', OLD, 0)
    assert found.filters.until == (5 * 10**9, 7 * 10**9)
    with pytest.raises(TimestampError):
        ContainerdPruneConditions.parse('{"until":["x"]}', OLD, 0)


def test_an_image_of_unknown_content_frees_its_size(make_image: Callable[..., Image]) -> None:
    image = make_image(1, tags=["a:1"], size=7, virtual_size=7)
    with closing(Served("docker-28-containerd", [image])) as server:
        found = prune(server, '{"dangling":["false"]}')
    assert found == {
        "ImagesDeleted": [{"Untagged": "a:1"}, {"Deleted": image.id}],
        "SpaceReclaimed": 7,
    }
