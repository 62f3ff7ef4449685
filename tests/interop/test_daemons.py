from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tools.engines import JSON, Daemon

from .support.images import (
    DIGEST_ONLY,
    DIGEST_ONLY_REPOSITORY,
    TAGGED,
    TAGGED_REPOSITORY,
    archived,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = "text/plain; charset=utf-8"
ID = {name: image.id for name, image in archived().items()}


def ids(listing: Iterable[dict[str, Any]]) -> set[str]:
    return {image["Id"] for image in listing}


def by_id(listing: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {image["Id"]: image for image in listing}


def filters(text: str) -> str:
    return "/v1.23/images/json?filters=" + quote(text)


@pytest.fixture(params=["dockerd", "podman"])
def daemon(request: pytest.FixtureRequest) -> Daemon:
    found: Daemon = request.getfixturevalue(request.param)
    return found


class TestEveryDaemon:
    def test_contains_exactly_the_archived_and_pulled_images(self, daemon: Daemon) -> None:
        assert ids(daemon.images(all="1")) == {*ID.values(), TAGGED.id, DIGEST_ONLY.id}

    def test_keeps_labels_as_they_were_loaded(self, daemon: Daemon) -> None:
        listed = by_id(daemon.images(all="1"))

        assert {name: listed[image.id]["Labels"] for name, image in archived().items()} == {
            name: image.labels for name, image in archived().items()
        }

    def test_keeps_the_creation_times_of_images(self, daemon: Daemon) -> None:
        listed = by_id(daemon.images(all="1"))
        dated = {name: image for name, image in archived().items() if image.created is not None}

        assert len(dated) == len(ID) - 1
        assert {name: listed[image.id]["Created"] for name, image in dated.items()} == {
            name: image.created for name, image in dated.items()
        }

    def test_contains_two_images_of_the_same_second(self, daemon: Daemon) -> None:
        listed = by_id(daemon.images(all="1"))

        assert listed[ID["leaf"]]["Created"] == listed[ID["app:v1"]]["Created"]

    def test_hides_only_the_untagged_image_with_children(self, daemon: Daemon) -> None:
        assert ids(daemon.images(all="1")) - ids(daemon.images()) == {ID["mid"]}
        assert ids(daemon.images(all="0")) == ids(daemon.images())

    @pytest.mark.parametrize("child", ["leaf", "app:v1"])
    def test_knows_the_parent_of_a_child(self, daemon: Daemon, child: str) -> None:
        parent = by_id(daemon.images())[ID[child]]["ParentId"]

        assert f"sha256:{parent.removeprefix('sha256:')}" == ID["mid"]

    def test_knows_the_digest_of_an_image_pulled_by_tag(self, daemon: Daemon) -> None:
        pulled = by_id(daemon.images())[TAGGED.id]
        name = f"{daemon.registries[0]}/{TAGGED_REPOSITORY}"

        assert pulled["RepoTags"] == [f"{name}:1"]
        assert pulled["RepoDigests"] == [f"{name}@{TAGGED.manifest.digest}"]

    @pytest.mark.parametrize("form", ['{"dangling":["true"]}', '{"dangling":{"true":true}}'])
    def test_lists_the_untagged_leaf_as_dangling(self, daemon: Daemon, form: str) -> None:
        dangling = ids(daemon.images(filters=form))

        assert ID["leaf"] in dangling
        assert dangling <= {ID["leaf"], DIGEST_ONLY.id}

    def test_answers_alike_over_its_socket(self, daemon: Daemon) -> None:
        answer = daemon.ask("/v1.23/images/json?all=1", by_socket=True)

        assert by_id(answer.json()) == by_id(daemon.images(all="1"))


class TestDockerd:
    def test_keeps_names_as_they_were_loaded(self, dockerd: Daemon) -> None:
        listed = by_id(dockerd.images(all="1"))

        for image in archived().values():
            assert sorted(listed[image.id]["RepoTags"]) == (sorted(image.tags) or ["<none>:<none>"])

    def test_shows_no_digest_for_images_it_did_not_pull(self, dockerd: Daemon) -> None:
        listed = by_id(dockerd.images(all="1"))

        for image in archived().values():
            expected = None if image.tags else ["<none>@<none>"]
            assert listed[image.id]["RepoDigests"] == expected

    def test_lists_an_image_pulled_by_digest_without_tags(self, dockerd: Daemon) -> None:
        pulled = by_id(dockerd.images())[DIGEST_ONLY.id]

        assert pulled["RepoTags"] is None
        assert pulled["RepoDigests"] == [
            f"{dockerd.registries[0]}/{DIGEST_ONLY_REPOSITORY}@{DIGEST_ONLY.manifest.digest}"
        ]

    def test_shows_exactly_the_archived_parents(self, dockerd: Daemon) -> None:
        listed = by_id(dockerd.images(all="1"))

        assert {name: listed[image.id]["ParentId"] for name, image in archived().items()} == {
            name: image.parent for name, image in archived().items()
        }

    def test_lists_newest_first(self, dockerd: Daemon) -> None:
        created = [image["Created"] for image in dockerd.images(all="1")]

        assert created == sorted(created, reverse=True)

    def test_shows_only_the_tag_that_filter_names(self, dockerd: Daemon) -> None:
        [busybox] = dockerd.images(filter="busybox:latest")

        assert (busybox["Id"], busybox["RepoTags"]) == (ID["busybox:latest"], ["busybox:latest"])

    @pytest.mark.parametrize(
        ("text", "status"),
        [('{"foo":["bar"]}', 400), ('{"dangling":["bogus"]}', 400), ("garbage", 500)],
    )
    def test_refuses_wrong_filters_in_plain_text(
        self, dockerd: Daemon, text: str, status: int
    ) -> None:
        answer = dockerd.ask(filters(text))

        assert (answer.status, answer.content_type) == (status, TEXT)
        assert answer.body.strip()


class TestPodman:
    def test_puts_names_without_a_registry_under_localhost(self, podman: Daemon) -> None:
        listed = by_id(podman.images(all="1"))

        for image in archived().values():
            full = [t if t.startswith("localhost:") else f"localhost/{t}" for t in image.tags]
            assert sorted(listed[image.id]["RepoTags"] or []) == sorted(full)

    def test_gives_every_repository_a_digest(self, podman: Daemon) -> None:
        for image in podman.images(all="1"):
            repositories = {tag.rpartition(":")[0] for tag in image["RepoTags"] or []}
            if image["Id"] != DIGEST_ONLY.id:
                assert {each.partition("@")[0] for each in image["RepoDigests"]} == repositories

    def test_lists_a_digest_reference_among_the_tags(self, podman: Daemon) -> None:
        pulled = by_id(podman.images())[DIGEST_ONLY.id]

        assert pulled["RepoTags"] == pulled["RepoDigests"]
        assert pulled["RepoDigests"] == [
            f"{podman.registries[0]}/{DIGEST_ONLY_REPOSITORY}@{DIGEST_ONLY.manifest.digest}"
        ]

    def test_lists_untagged_images_with_null_tags(self, podman: Daemon) -> None:
        leaf = by_id(podman.images())[ID["leaf"]]

        assert (leaf["RepoTags"], leaf["RepoDigests"]) == (None, [])

    def test_does_not_sort_images(self, podman: Daemon) -> None:
        created = [image["Created"] for image in podman.images(all="1")]

        assert created != sorted(created, reverse=True)

    @pytest.mark.parametrize("query", ["digests=1", "digests=true", "all=1&digests=1"])
    def test_returns_an_empty_body_for_digests(self, podman: Daemon, query: str) -> None:
        answer = podman.ask(f"/v1.23/images/json?{query}")

        assert (answer.status, answer.content_type, answer.body) == (200, None, b"")

    def test_shows_all_tags_of_an_image_that_filter_names_by_one(self, podman: Daemon) -> None:
        [busybox] = podman.images(filter="busybox:latest")

        assert busybox["Id"] == ID["busybox:latest"]
        assert len(busybox["RepoTags"]) == len(archived()["busybox:latest"].tags) == 4

    @pytest.mark.parametrize(
        ("target", "status"),
        [
            ("/v1.23/images/json?all=yes", 400),
            ("/v1.23/images/json?filters=", 500),
            (filters("garbage"), 500),
            (filters('{"foo":["bar"]}'), 500),
            (filters('{"dangling":["bogus"]}'), 500),
            (filters('{"label":[]}'), 500),
        ],
    )
    def test_refuses_in_json_even_at_1_23(self, podman: Daemon, target: str, status: int) -> None:
        answer = podman.ask(target)

        assert (answer.status, answer.content_type) == (status, JSON)
        assert answer.json()["message"]

    def test_takes_the_last_of_a_repeated_parameter(self, podman: Daemon) -> None:
        answer = podman.ask("/v1.23/images/json?all=0&all=1")

        assert ids(answer.json()) == ids(podman.images(all="1"))
