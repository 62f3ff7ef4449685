from __future__ import annotations

import pytest

from muster.model.exchange import Request
from muster.model.image import Image
from muster.planting import registry_images
from muster.planting.docker_archive import RUN_LABEL, build
from muster.planting.plan import (
    LOAD,
    STORING,
    PlantingPlan,
    load_request,
    permission,
    plain_pull_request,
    pull_request,
    remove_request,
    tag_request,
)
from muster.planting.registry_images import Pull

ARCHIVE = build("run")
BASE = ARCHIVE.images[0]
HERE, OTHERS = BASE.tags[0], "muster.test/other/base:1"
REGISTRY = "127.0.0.1:5055"
PULLED = "127.0.0.1:5055/muster.test/run/pulled"
FOREIGN = Pull("127.0.0.1:5055/other", "1")


def plan() -> PlantingPlan:
    return PlantingPlan.of(ARCHIVE, registry_images.build("run"), REGISTRY)


def shown(request: Request) -> str:
    return f"{request.method} {request.target[:60]}"


@pytest.mark.parametrize(
    "request_",
    [
        Request("/images/json"),
        Request("/images/json", method="HEAD"),
        Request("/images/json", method="POST"),
        load_request(ARCHIVE),
        remove_request(HERE),
        remove_request("muster.test:5000/run/base:1"),
        remove_request("registry.muster.test:65535/run/other/base:1"),
        remove_request(f"{PULLED}:1"),
        remove_request(plan().pulled_images[-1].digests[0]),
        remove_request(BASE.id),
        tag_request(HERE, "muster.test/run/base:again"),
        tag_request(BASE.id, "muster.test:5000/run/base:again"),
        *(pull_request(pull) for pull in plan().pulls),
        *(plain_pull_request(pull) for pull in plan().pulls),
    ],
    ids=shown,
)
def test_reads_and_changes_to_planted_images_are_permitted(request_: Request) -> None:
    assert permission(plan())(request_)


@pytest.mark.parametrize(
    "request_",
    [
        Request("/images/json", method="DELETE"),
        Request("/images/json?all=1", method="POST"),
        Request("/images/prune", method="POST"),
        Request("/images/load", method="POST"),
        Request(LOAD, method="PUT"),
        Request(LOAD, method="POST", version="/v1.24"),
        Request("/containers/create", method="POST"),
        remove_request("busybox:latest"),
        remove_request(OTHERS),
        remove_request("sha256:" + "0" * 64),
        remove_request("muster.test/run"),
        Request(f"/images/{HERE}?force=1", method="DELETE"),
        Request(f"/libpod/images/{HERE}", method="DELETE", version="/v4.0.0"),
        Request(f"/containers/{HERE}", method="DELETE"),
        Request(f"/images/{HERE}", method="DELETE", version="/v1.24"),
        tag_request("busybox:latest", "muster.test/run/base:again"),
        tag_request(HERE, "busybox:latest"),
        tag_request(HERE, OTHERS),
        Request(f"/images/{HERE}/push?repo=muster.test%2Frun%2Fx", method="POST"),
        pull_request(FOREIGN),
        pull_request(Pull(PULLED, "2")),
        pull_request(Pull("docker.io/library/busybox", "latest")),
        plain_pull_request(FOREIGN),
        Request("/images/create", "POST"),
        Request("/images/create?fromSrc=-&repo=muster.test%2Frun%2Fx", "POST"),
        Request(pull_request(plan().pulls[0]).target, "POST", version="/v1.24"),
        Request(plain_pull_request(plan().pulls[0]).target, "POST"),
    ],
    ids=shown,
)
def test_changes_to_other_images_are_not_permitted(request_: Request) -> None:
    assert not permission(plan())(request_)


def test_pulls_are_not_permitted_without_a_registry() -> None:
    alone = PlantingPlan.of(ARCHIVE)
    assert (alone.pulls, alone.pulled_images) == ((), ())
    allowed = permission(alone)
    assert not any(allowed(pull_request(pull)) for pull in plan().pulls)
    assert not allowed(remove_request(f"{PULLED}:1"))
    assert allowed(remove_request(HERE))


def test_image_names_are_encoded_in_requests() -> None:
    tag = tag_request("muster.test:5000/a/b:1", "muster.test:5000/a/c:2")
    assert (tag.method, tag.target) == (
        "POST",
        "/images/muster.test:5000/a/b:1/tag?repo=muster.test%3A5000%2Fa%2Fc&tag=2",
    )
    remove = remove_request("muster.test/a/ü:1")
    assert (remove.method, remove.target) == ("DELETE", "/images/muster.test/a/%C3%BC:1")
    assert pull_request(Pull("h:5/a/b", "sha256:0")).target == (
        "/images/create?fromImage=h%3A5%2Fa%2Fb&tag=sha256%3A0"
    )
    plain = plain_pull_request(Pull("h:5/a", "1"))
    assert (plain.version, plain.target) == (
        "/v4.0.0",
        "/libpod/images/pull?reference=h%3A5%2Fa%3A1&tlsVerify=false",
    )


def test_planted_images_are_recognized_by_id_name_and_label() -> None:
    other = "sha256:" + "1" * 64
    ours = [
        Image(BASE.id),
        Image(other, tags=("busybox:1", "muster.test/run/new:1")),
        Image(other, digests=(f"{PULLED}@sha256:0",)),
        Image(other, labels={RUN_LABEL: "run"}),
    ]
    others = [
        Image(other),
        Image(other, tags=("busybox:1", OTHERS, "muster.test/runner/x:1")),
        Image(other, labels={RUN_LABEL: "other"}),
    ]
    assert plan().among([*ours, *others]) == ours


def test_a_foreign_id_is_recognized_if_all_its_names_are_ours() -> None:
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    planting = plan()
    allowed = permission(planting)
    planting.recognise(
        [Image(one, tags=("muster.test/run/a:1",)), Image(two, tags=(HERE, "busybox:1"))]
    )
    assert planting.recognised == {one}
    assert one in planting.ids
    assert [allowed(remove_request(each)) for each in (one, two)] == [True, False]


def test_every_name_of_a_plan_is_in_its_namespaces() -> None:
    names = [name for image in plan().images for name in (*image.tags, *image.digests)]
    assert names
    assert all(name.startswith(plan().namespaces) for name in names)


@pytest.mark.parametrize(
    "request_",
    [
        load_request(ARCHIVE),
        *(pull_request(pull) for pull in plan().pulls),
        *(plain_pull_request(pull) for pull in plan().pulls),
    ],
    ids=shown,
)
def test_storing_images_has_a_long_timeout(request_: Request) -> None:
    assert request_.slow == STORING >= 120
    assert remove_request(HERE).slow == 0
