from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from muster.model.exchange import Exchange, Request, Response
from muster.planting import platform_images, registry, registry_images
from muster.planting.docker_archive import build
from muster.planting.fixtures import FIXTURES, Origin, many
from muster.planting.loader import GIVE_UP_AFTER, FixtureLoader
from muster.planting.plan import PlantingPlan, tag_request
from muster.planting.state import Obstacle, PlantedState
from muster.register.requirements import Need
from muster.register.verdict import Blocked, Inconclusive
from tests.mutants.manifest_store import ManifestStore
from tests.mutants.stand_in import StandIn

ARCHIVE = build("run")
BASE = ARCHIVE.images[0]
HERE = BASE.tags[0]
USED = BASE.tags[-1]
LOADED = {Need.PLANTED, Need.CHANGES}


@pytest.fixture(scope="module")
def pulling() -> Iterator[PlantingPlan]:
    """Plan images to pull, and serve them from the registry."""
    remote = registry_images.build("run")
    with registry.serve(remote.contents, "127.0.0.1:0") as address:
        yield PlantingPlan.of(ARCHIVE, remote, address)


def names(server: StandIn) -> set[str]:
    references = ("RepoTags", "RepoDigests")
    return {name for each in server.images for key in references for name in each[key] or ()}


def ours(server: StandIn) -> set[str]:
    return {name for name in names(server) if "muster.test" in name}


class Refuses(StandIn):
    """Gives *response* to requests with *method* whose target starts with *target*."""

    def __init__(
        self, method: str, target: str | tuple[str, ...], response: Response | None
    ) -> None:
        super().__init__()
        self.refusing = method, target
        self.response = response
        self.asked: list[str] = []

    def send(self, request: Request) -> Exchange:
        self.asked.append(f"{request.method} {request.target}")
        method, target = self.refusing
        if request.method == method and request.target.startswith(target):
            return Exchange(request, self.response, "" if self.response else "it hung up")
        return super().send(request)


def test_images_are_planted_and_deleted_again() -> None:
    server = StandIn()
    before = [dict(each) for each in server.images]
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))

    assert planting.plant() == PlantedState(ARCHIVE.images, frozenset(LOADED))
    ids = {each["Id"] for each in server.images}
    assert ids.issuperset(image.id for image in ARCHIVE.images)
    assert names(server).issuperset(BASE.tags)

    assert planting.clear() == []
    assert server.images == before


def test_hundreds_of_images_are_a_separate_need() -> None:
    server = StandIn()
    before = [dict(each) for each in server.images]
    planting = FixtureLoader(server, PlantingPlan.of(build("run", (*FIXTURES, *many(200)))))
    ground = planting.plant()
    assert ground.provided == {*LOADED, Need.MANY}
    assert sum(image.origin is Origin.MANY for image in ground.images) == 200
    assert planting.clear() == []
    assert server.images == before


def test_pulled_images_have_digests_and_are_deleted(pulling: PlantingPlan) -> None:
    server = StandIn()
    before = [dict(each) for each in server.images]
    planting = FixtureLoader(server, pulling)
    assert planting.plant() == PlantedState(pulling.images, frozenset({*LOADED, Need.PULLED}))
    digests = {digest for image in pulling.pulled_images for digest in image.digests}
    assert names(server) > digests
    assert planting.clear() == []
    assert server.images == before


def test_planting_can_be_interrupted_between_two_requests(pulling: PlantingPlan) -> None:
    server, calls = StandIn(), []

    def between() -> None:
        calls.append(len(ours(server)))
        if len(calls) == 3:
            raise KeyboardInterrupt

    planting = FixtureLoader(server, pulling)
    with pytest.raises(KeyboardInterrupt):
        planting.plant(between)
    assert calls[0] > 0, "never during the load"
    assert calls == sorted(set(calls) | {calls[0]}) or calls[0] == calls[1]
    assert planting.clear() == []
    assert ours(server) == set()


def test_names_added_meanwhile_are_deleted() -> None:
    server = StandIn()
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    server.send(tag_request(HERE, "muster.test/run/new/name:1"))
    assert "muster.test/run/new/name:1" in names(server)
    assert planting.clear() == []
    assert ours(server) == set()


def test_undeletable_images_are_reported_and_the_rest_is_deleted() -> None:
    kept = ("/images/muster.test:5000/", f"/images/{BASE.id}")
    server = Refuses("DELETE", kept, Response(409, {}, b"conflict"))
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    assert planting.clear() == [f"{BASE.id} muster.test:5000/run/base:1"]
    assert ours(server) == {"muster.test:5000/run/base:1"}


def test_images_that_were_not_planted_are_not_deleted() -> None:
    server = Refuses("POST", "/none", None)
    assert FixtureLoader(server, PlantingPlan.of(ARCHIVE)).clear() == []
    assert server.asked == []


def test_images_are_cleared_once() -> None:
    server = Refuses("POST", "/none", None)
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    planting.clear()
    server.asked.clear()
    assert planting.clear() == []
    assert server.asked == []


# --- existing images -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {"Id": BASE.id, "RepoTags": None},
        {"Id": BASE.id, "RepoTags": ["busybox:2"]},
        {"RepoTags": [HERE]},
        {"RepoTags": ["muster.test/run/other:1", "busybox:2"]},
    ],
    ids=lambda members: ",".join(f"{k}={v}" for k, v in members.items())[:40],
)
def test_existing_images_of_the_run_are_left_alone(members: dict[str, Any]) -> None:
    server = Refuses("POST", "/none", None)
    server.images.append(server.images[0] | members)
    before = [dict(each) for each in server.images]

    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    ground = planting.plant()

    assert ground.images == ()
    assert set(ground.obstacles) == LOADED
    assert "the server has one of this run already" in str(ground.obstacles[Need.PLANTED])
    assert planting.clear() == []
    assert server.images == before
    assert {asked.split()[0] for asked in server.asked} == {"GET"}


@pytest.mark.parametrize("response", [None, Response(500, {}, b"")])
def test_nothing_is_planted_without_a_listing(response: Response | None) -> None:
    server = Refuses("GET", "/images/json", response)
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    obstacle = planting.plant().obstacles[Need.PLANTED]
    assert isinstance(obstacle, Blocked)
    assert "the server returns no listing" in str(obstacle)
    assert planting.clear() == []
    assert {asked.split()[0] for asked in server.asked} == {"GET"}


# --- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (None, "it hung up"),
        (Response(404, {}, b"no\nload"), "status 404: no load"),
        (Response(200, {}, b'{"stream":"x"}\n{"error":"no space left"}\n'), "no space left"),
    ],
)
def test_a_server_that_refuses_to_load_is_an_obstacle(response: Response | None, told: str) -> None:
    server = Refuses("POST", "/images/load", response)
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    ground = planting.plant()
    assert (ground.images, ground.provided) == ((), LOADED)
    assert set(ground.obstacles) == LOADED
    assert str(ground.obstacles[Need.CHANGES]) == (
        f"the fixture images could not be loaded: {told}. Load them by hand "
        "(`muster fixtures OUT.tar --planted OUT.json`), or check without --plant."
    )


def test_leftovers_of_a_failed_load_are_deleted_or_reported() -> None:
    class FailsHalfWay(StandIn):
        def loaded(self, archive: bytes) -> Response:
            super().loaded(archive)
            self.images = self.images[:-20]
            return self.error(500, "no space left on device")

    class Keeps(FailsHalfWay):
        def removed(self, name: str) -> Response:
            used = USED in (self.find(name)["RepoTags"] or ())
            return self.error(409, "in use") if used else super().removed(name)

    for server, residue in ((FailsHalfWay(), 0), (Keeps(), 1)):
        planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
        assert "no space left" in str(planting.plant().obstacles[Need.PLANTED])
        assert ours(server)
        left = planting.clear()
        assert len(left) == residue
        assert {USED in ours(server), bool(ours(server))} == {bool(residue)}
        assert all(each.startswith(BASE.id) and USED in each for each in left)


@pytest.mark.parametrize(
    "body", [b"", b"Loaded image: x\n", b'{"error":""}', b'["error"]', b'{"stream":"x"}', b"5"]
)
def test_any_other_response_to_a_load_counts_as_success(body: bytes) -> None:
    server = Refuses("POST", "/images/load", Response(200, {}, body))
    assert FixtureLoader(server, PlantingPlan.of(ARCHIVE)).plant().obstacles == {}


def obstacle_to_pulling(plan: PlantingPlan, server: StandIn) -> Obstacle:
    planting = FixtureLoader(server, plan)
    ground = planting.plant()
    assert set(ground.obstacles) == {Need.PULLED}
    assert ground.images == ARCHIVE.images
    assert planting.clear() == []
    return ground.obstacles[Need.PULLED]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_cannot_pull_is_inconclusive(pulling: PlantingPlan, status: int) -> None:
    server = Refuses("POST", "/images/create", Response(status, {}, b"no"))
    obstacle = obstacle_to_pulling(pulling, server)
    assert isinstance(obstacle, Inconclusive)
    assert str(obstacle) == (
        "no image with a known digest: the server does not pull images "
        f"(POST /images/create is answered with status {status})"
    )


def test_a_server_that_cannot_reach_the_registry_is_an_obstacle(pulling: PlantingPlan) -> None:
    refusal = json.dumps({"error": "connection refused"}).encode()
    server = Refuses("POST", "/images/create", Response(200, {}, refusal))
    obstacle = obstacle_to_pulling(pulling, server)
    assert isinstance(obstacle, Blocked)
    assert str(obstacle).startswith(f"the server could not pull {pulling.pulls[0].name}: connecti")


def test_a_server_that_insists_on_tls_is_asked_through_podmans_api(pulling: PlantingPlan) -> None:
    class Podman(StandIn):
        def answer(self, request: Request) -> Response | None:
            if request.target.startswith("/images/create"):
                return self.json({"error": "this is no TLS handshake"})
            if request.target.startswith("/libpod/"):
                assert request.version == "/v4.0.0"
                return self.json({"id": "x"})
            return super().answer(request)

    planting = FixtureLoader(Podman(), pulling)
    assert planting.plant().obstacles == {}


# --- a server that fails meanwhile ----------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, Response(500, {}, b"gone")], ids=["silent", "failing"])
def test_possible_leftovers_are_reported_if_listing_fails(
    answer: Response | None,
) -> None:
    class Failing(StandIn):
        failed = False
        asked = 0

        def answer(self, request: Request) -> Response | None:
            self.asked += self.failed
            return answer if self.failed else super().answer(request)

    server = Failing()
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    server.failed = True

    [left] = planting.clear()
    assert left.startswith("images under muster.test/run/, muster.test:5000/run/, ")
    assert left.endswith("no longer responds" if answer is None else "no longer lists images")
    if answer is None:
        assert server.asked <= GIVE_UP_AFTER + 1, "nobody waits for a server that is gone"


def test_an_occasionally_silent_server_is_retried() -> None:
    class Moody(StandIn):
        moody = False
        asked = 0

        def answer(self, request: Request) -> Response | None:
            self.asked += 1
            if self.moody and request.method == "DELETE" and self.asked % GIVE_UP_AFTER:
                return None
            return super().answer(request)

    server = Moody()
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    server.moody = True
    planting.clear()
    assert server.asked > len(ARCHIVE.images)


def test_images_with_foreign_ids_are_deleted() -> None:
    class OwnIds(StandIn):
        def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
            each = super().from_config(entry, config)
            return each | {"Id": "sha256:" + each["Id"][:6:-1], "ParentId": ""}

    server = OwnIds()
    before = [dict(each) for each in server.images]
    planting = FixtureLoader(server, PlantingPlan.of(ARCHIVE))
    planting.plant()
    assert planting.clear() == []
    assert server.images == before


PLATFORMS = platform_images.build("run")
ALL_KEYS = {archive.images[0].key for archive in PLATFORMS}
WITH_PLATFORMS = PlantingPlan.of(ARCHIVE, platforms=PLATFORMS)


def test_multi_platform_images_are_planted_and_deleted_again() -> None:
    server = ManifestStore()
    before = [dict(each) for each in server.images]
    planting = FixtureLoader(server, WITH_PLATFORMS)

    ground = planting.plant()
    assert ground.provided == {*LOADED, Need.PLATFORMS}
    assert ground.obstacles == {}
    planted = [image for archive in PLATFORMS for image in archive.images]
    assert [each for each in ground.images if each.origin is Origin.PLATFORMS] == planted
    assert {each["Id"] for each in server.images} > {image.id for image in planted}

    assert planting.clear() == []
    assert server.images == before


def test_an_engine_that_loads_no_oci_layout_is_inconclusive() -> None:
    planting = FixtureLoader(StandIn(), WITH_PLATFORMS)

    ground = planting.plant()
    assert ground.images == ARCHIVE.images
    obstacle = ground.obstacles[Need.PLATFORMS]
    assert isinstance(obstacle, Inconclusive)
    assert str(obstacle).startswith("not supported by this engine: it loads no OCI layout: status")
    assert planting.clear() == []


def test_an_engine_is_checked_on_the_images_it_loads() -> None:
    class NoArtifacts(ManifestStore):
        def loaded(self, archive: bytes) -> Response:
            artifact = b"artifactType" in archive
            return self.error(500, "unsupported") if artifact else super().loaded(archive)

    assert FixtureLoader(NoArtifacts(), WITH_PLATFORMS).plant().obstacles == {}
    assert keys_taken(NoArtifacts()) == ALL_KEYS - {"artifact"}


def keys_taken(server: StandIn) -> set[str]:
    images = FixtureLoader(server, WITH_PLATFORMS).plant().images
    return {each.key for each in images if each.origin is Origin.PLATFORMS}


def test_an_image_that_is_loaded_without_an_error_but_not_kept_is_not_supported() -> None:
    class Drops(ManifestStore):
        """Podman 3.0, on artifacts."""

        dropped: bytes = b"artifactType"

        def loaded(self, archive: bytes) -> Response:
            if b"oci-layout" in archive and self.dropped in archive:
                return Response(200, (), b'{"stream":"Loaded image: \\n"}')
            return super().loaded(archive)

    class DropsAll(Drops):
        dropped = b""

    assert keys_taken(Drops()) == ALL_KEYS - {"artifact"}
    obstacle = FixtureLoader(DropsAll(), WITH_PLATFORMS).plant().obstacles[Need.PLATFORMS]
    assert isinstance(obstacle, Inconclusive)
    assert str(obstacle).endswith("it reads an OCI layout, but keeps no image of it")


@pytest.mark.parametrize("shown_by", ["load", "inspect", "listing"])
def test_an_image_counts_as_loaded_if_any_operation_shows_it(shown_by: str) -> None:
    class Hides(ManifestStore):
        def loaded(self, archive: bytes) -> Response:
            answer = super().loaded(archive)
            if shown_by != "load" or b"oci-layout" not in archive:
                return answer
            names = re.findall(rb"muster.test/run/\w+:1", archive)
            return Response(200, (), b'{"stream":"Loaded image: %s\\n"}' % names[0])

        def answer(self, request: Request) -> Response | None:
            answer = super().answer(request)
            listing = request.target.startswith("/images/json")
            inspection = request.method == "GET" and not listing
            if inspection and shown_by != "inspect":
                return self.error(404, "no such image")
            if listing and answer is not None and shown_by != "listing":
                hidden = {name for archive in PLATFORMS for name in archive.images[0].tags}
                shown = [each for each in answer.json() if not hidden & {*(each["RepoTags"] or ())}]
                return self.json(shown)
            return answer

    assert keys_taken(Hides()) == ALL_KEYS


def test_a_crash_while_loading_an_oci_layout_is_an_obstacle() -> None:
    class Dies(StandIn):
        def send(self, request: Request) -> Exchange:
            if b"oci-layout" in request.body:
                return Exchange(request, None, "the server closed the connection")
            return super().send(request)

    obstacle = FixtureLoader(Dies(), WITH_PLATFORMS).plant().obstacles[Need.PLATFORMS]
    assert isinstance(obstacle, Blocked)
    assert str(obstacle) == ("an OCI layout could not be loaded: the server closed the connection")
