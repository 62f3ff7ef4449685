"""Every engine starts from its fetched files, reports its version, and leaves nothing behind."""

from __future__ import annotations

from tools.engines import Daemon

from .support.images import DIGEST_ONLY, TAGGED, archived


def test_each_engine_has_the_recorded_version(any_engine: Daemon) -> None:
    version = any_engine.ask("/version").json()["Version"]

    assert version.partition("+")[0] == any_engine.version


def test_each_engine_contains_the_loaded_images(any_engine: Daemon) -> None:
    """By labels and tags: the containerd store has other Ids than the archive."""
    listed = any_engine.images(all="1")
    named = {tag.rpartition("/")[2] for image in listed for tag in image["RepoTags"] or []}

    assert len(listed) == len(archived()) + len((TAGGED, DIGEST_ONLY))
    assert {"busybox:latest", "tagged:1"} <= named


def test_each_engine_answers_alike_over_its_socket(any_engine: Daemon) -> None:
    target = "/images/json?all=1"

    by_port, by_socket = any_engine.ask(target), any_engine.ask(target, by_socket=True)
    assert {image["Id"] for image in by_port.json()} == {image["Id"] for image in by_socket.json()}
