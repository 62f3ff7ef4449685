from __future__ import annotations

import pytest

from muster.errors import Blocked
from muster.exchange import Exchange, Request, Response
from muster.fixtures import Archive, build
from muster.planting import (
    LOAD,
    permission,
    planted,
    remove_request,
    tag_request,
)
from tests.mutants.stand_in import StandIn

ARCHIVE = build("run")
BASE = ARCHIVE.images[0]
HERE, OTHERS = BASE.tags[0], "muster.test/other/base:1"


@pytest.mark.parametrize(
    "request_",
    [
        Request("/images/json"),
        Request("/images/json", method="HEAD"),
        Request(LOAD, "POST", body=b"tar"),
        remove_request(HERE),
        remove_request("muster.test:5000/run/base:1"),
        remove_request(BASE.id),
        tag_request(HERE, "muster.test/run/base:again"),
        tag_request(BASE.id, "muster.test:5000/run/base:again"),
    ],
    ids=lambda request: f"{request.method} {request.target[:60]}",
)
def test_what_reads_and_what_changes_only_planted_images_is_permitted(request_: Request) -> None:
    assert permission(ARCHIVE)(request_)


@pytest.mark.parametrize(
    "request_",
    [
        Request("/images/json", method="DELETE"),
        Request("/images/json", method="POST"),
        Request("/images/prune", method="POST"),
        Request("/images/load", method="POST"),
        Request(LOAD, method="PUT"),
        Request("/containers/create", method="POST"),
        remove_request("busybox:latest"),
        remove_request(OTHERS),
        remove_request("sha256:" + "0" * 64),
        remove_request("muster.test/run"),
        tag_request("busybox:latest", "muster.test/run/base:again"),
        tag_request(HERE, "busybox:latest"),
        tag_request(HERE, OTHERS),
        Request(f"/images/{HERE}/push?repo=muster.test%2Frun%2Fx", method="POST"),
    ],
    ids=lambda request: f"{request.method} {request.target[:60]}",
)
def test_what_changes_anything_else_is_not_permitted(request_: Request) -> None:
    assert not permission(ARCHIVE)(request_)


def test_requests_name_images_as_they_are() -> None:
    tag = tag_request("muster.test:5000/a/b:1", "muster.test:5000/a/c:2")
    assert (tag.method, tag.target) == (
        "POST",
        "/images/muster.test:5000/a/b:1/tag?repo=muster.test%3A5000%2Fa%2Fc&tag=2",
    )
    remove = remove_request("muster.test/a/ü:1")
    assert (remove.method, remove.target) == ("DELETE", "/images/muster.test/a/%C3%BC:1")


def names(server: StandIn) -> set[str]:
    return {tag for each in server.images for tag in each["RepoTags"] or ()}


def test_images_are_there_meanwhile_and_gone_afterwards() -> None:
    server = StandIn()
    before = [dict(each) for each in server.images]
    with planted(server, ARCHIVE) as planting:
        ids = {each["Id"] for each in server.images}
        assert ids.issuperset(image.id for image in ARCHIVE.images)
        assert names(server).issuperset(BASE.tags)
    assert server.images == before
    assert planting.residue == []


def test_images_are_removed_whatever_happens() -> None:
    server = StandIn()
    before = [dict(each) for each in server.images]
    with pytest.raises(RuntimeError, match=r"^broken$"), planted(server, ARCHIVE):
        raise RuntimeError("broken")
    assert server.images == before


def test_names_that_were_given_meanwhile_are_removed_as_well() -> None:
    server = StandIn()
    with planted(server, ARCHIVE) as planting:
        server.send(tag_request(HERE, "muster.test/run/new/name:1"))
        assert "muster.test/run/new/name:1" in names(server)
    assert not any(name.startswith("muster.test") for name in names(server))
    assert planting.residue == []


class Refuses(StandIn):
    """Answers *method* and what *target* begins with, with *response*."""

    def __init__(self, method: str, target: str, response: Response | None) -> None:
        super().__init__()
        self.refused = method, target
        self.response = response
        self.asked: list[str] = []

    def send(self, request: Request) -> Exchange:
        self.asked.append(request.method)
        method, target = self.refused
        if request.method == method and request.target.startswith(target):
            return Exchange(request, self.response, "" if self.response else "it hung up")
        return super().send(request)


def test_what_cannot_be_removed_is_told_and_the_rest_is_removed() -> None:
    refusal = Response(409, {}, b"conflict")
    server = Refuses("DELETE", "/images/muster.test:5000/", refusal)
    with planted(server, ARCHIVE) as planting:
        pass
    assert planting.residue == [f"{BASE.id} muster.test:5000/run/base:1"]


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (None, "it hung up"),
        (Response(404, {}, b"no\nload"), "status 404: no load"),
        (Response(200, {}, b'{"stream":"x"}\n{"error":"no space left"}\n'), "no space left"),
    ],
)
def test_a_server_that_does_not_take_the_images_blocks_the_run(
    response: Response | None, told: str
) -> None:
    server = Refuses("POST", "/images/load", response)
    with pytest.raises(Blocked) as blocked, planted(server, ARCHIVE):
        pytest.fail("nothing was planted")
    assert str(blocked.value) == (
        f"the fixture images could not be loaded: {told}. "
        "Load them by hand (`muster fixtures OUT.tar`), or check without --plant."
    )
    assert "DELETE" in server.asked, "what was loaded in part is removed"


@pytest.mark.parametrize(
    "body", [b"", b"Loaded image: x\n", b'{"error":""}', b'["error"]', b'{"stream":"x"}', b"5"]
)
def test_any_other_answer_to_loading_is_taken_for_success(body: bytes) -> None:
    server = Refuses("POST", "/images/load", Response(200, {}, body))
    with planted(server, ARCHIVE) as planting:
        assert planting.archive is ARCHIVE


@pytest.mark.parametrize("response", [None, Response(500, {}, b"")])
def test_without_a_listing_the_names_of_the_archive_are_removed_all_the_same(
    response: Response | None,
) -> None:
    server = Refuses("GET", "/images/json", response)
    with planted(server, ARCHIVE):
        pass
    assert not any(name.startswith("muster.test") for name in names(server))


def test_every_name_of_an_archive_is_in_its_namespaces() -> None:
    archive: Archive = build("5f3a")
    assert archive.namespaces() == ("muster.test/5f3a/", "muster.test:5000/5f3a/")
    tags = [tag for image in archive.images for tag in image.tags]
    assert tags
    assert all(tag.startswith(archive.namespaces()) for tag in tags)


@pytest.mark.parametrize("answer", [None, Response(500, {}, b"gone")], ids=["silent", "failing"])
def test_what_may_be_left_is_told_if_the_server_lists_nothing_any_more(
    answer: Response | None,
) -> None:
    class Failing(StandIn):
        failed = False

        def answer(self, request: Request) -> Response | None:
            return answer if self.failed else super().answer(request)

    server = Failing()
    with planted(server, ARCHIVE) as planting:
        server.failed = True

    [left] = planting.residue
    assert left.startswith("what there may be of muster.test/run/ and muster.test:5000/run/")
