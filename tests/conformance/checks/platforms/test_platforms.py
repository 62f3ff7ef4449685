"""Platform checks beyond `tests/mutants`: missing evidence and unusual responses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from muster.model.exchange import Request, Response
from muster.model.version import ApiVersion
from muster.planting import platform_images
from muster.planting.docker_archive import build
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan
from muster.planting.state import PlantedState
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.mutants.manifest_store import ManifestStore, Part
from tests.mutants.matrix import OF_MANIFESTS
from tests.mutants.stand_in import StandIn

REGISTER = requirements()
ARCHIVES = platform_images.build("run")
PLANTED = PlantedState(tuple(image for archive in ARCHIVES for image in archive.images))
LOADED = PlantingPlan.of(build("run"), platforms=ARCHIVES)
OF_PLANTED = (
    "LIST-MANIFESTS-CONTENT",
    "PLANT-PLATFORM-LABELS",
    "PLANT-PLATFORM-INSPECT",
    "PLANT-PLATFORM-VARIANT",
)


def checked(
    server: StandIn, name: str, planted: PlantedState | None = None, version: str = "1.55"
) -> Result:
    context = RunContext(
        Watch(server), ApiVersion.parse(version), planted=planted or PlantedState()
    )
    (result,) = runner.run([REGISTER[name]], context)
    return result


def loaded(server: ManifestStore) -> tuple[ManifestStore, PlantedState]:
    return server, FixtureLoader(server, LOADED).plant()


class Empty(ManifestStore):
    """Contains only the images that a test adds."""

    def __init__(self, version: str = "1.55") -> None:
        super().__init__(version)
        self.images, self.parts = [], {}


IMAGE = Part(platform={"os": "linux", "architecture": "amd64"}, labels={})


@pytest.mark.parametrize("name", sorted(OF_MANIFESTS))
def test_an_engine_without_manifests_is_inconclusive(name: str) -> None:
    result = checked(StandIn("1.55"), name)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("not supported by this engine: no image shows Manifests")


@pytest.mark.parametrize("name", OF_PLANTED)
def test_an_engine_that_keeps_one_platform_is_inconclusive(name: str) -> None:
    result = checked(StandIn("1.55"), name, PLANTED)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "not supported by this engine" in result.message or "see LIST-PARTIAL" in result.message


@pytest.mark.parametrize("name", OF_PLANTED)
def test_manifests_of_other_images_are_no_evidence(name: str) -> None:
    assert checked(ManifestStore("1.55"), name, PLANTED).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("name", "told"),
    [("LIST-ARTIFACTS", "it loads no artifact"), ("LIST-PARTIAL", "partial or torn")],
)
def test_images_that_were_not_loaded_are_inconclusive(name: str, told: str) -> None:
    kept = [image for image in PLANTED.images if image.key == "plain"]
    result = checked(StandIn("1.55"), name, PlantedState(tuple(kept)))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("not supported by this engine: ")
    assert told in result.message


def test_an_unlisted_artifact_fails_only_its_own_rule() -> None:
    class Hides(ManifestStore):
        def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return super().ordered([i for i in images if "artifact" not in str(i["RepoTags"])])

    server, ground = loaded(Hides("1.55"))
    assert checked(server, "LIST-ARTIFACTS", ground).verdict is Verdict.FAIL
    assert checked(server, "LIST-PARTIAL", ground).verdict is Verdict.PASS


def test_an_artifact_listed_only_by_name_counts_as_hidden() -> None:
    class Hides(ManifestStore):
        def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if len(images) > 1:
                images = [i for i in images if "artifact" not in str(i["RepoTags"])]
            return super().ordered(images)

    server, ground = loaded(Hides("1.55"))
    assert checked(server, "LIST-ARTIFACTS", ground).verdict is Verdict.PASS
    assert checked(server, "LIST-PARTIAL", ground).verdict is Verdict.FAIL


def test_attestations_are_inconclusive_without_an_attestation() -> None:
    server = Empty()
    server.hold("one", IMAGE)
    result = checked(server, "LIST-MANIFESTS-ATTESTATION")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "no image has an attestation: build one with provenance"


def test_an_attestation_without_an_annotation_must_refer_to_a_sibling() -> None:
    class Bare(Empty):
        def descriptor(
            self, digest: str, part: Part | None = None, *, index: bool = False
        ) -> dict[str, Any]:
            return {"digest": digest}

    proof = replace(IMAGE, kind="attestation", attested="0")
    for attested, verdict in (("0", Verdict.PASS), ("sha256:none", Verdict.FAIL)):
        server = Bare()
        server.hold("attested", IMAGE, replace(proof, attested=attested))
        assert checked(server, "LIST-MANIFESTS-ATTESTATION").verdict is verdict


def test_filters_need_listed_images_with_manifests_as_evidence() -> None:
    class Other(Empty):
        def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if self.filtered:
                return [images[0] | {"Id": "sha256:other"}] if images else []
            return super().ordered(images)

        def listing(self, parameters: dict[str, str]) -> Response:
            self.filtered = "filters" in parameters
            return super().listing(parameters)

    server = Other()
    server.hold("one", IMAGE)
    result = checked(server, "LIST-MANIFESTS-FILTERED")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "no image with Manifests meets a filter: tag one"


@pytest.mark.parametrize(
    "name",
    ["LIST-INSPECT-MANIFESTS", "LIST-INSPECT-VARIANT", "LIST-INSPECT-PLATFORM"],
)
def test_images_that_cannot_be_inspected_are_inconclusive(name: str) -> None:
    class Lists(StandIn):
        def answer(self, request: Request) -> Response | None:
            if not request.target.startswith("/images/json"):
                return self.error(404, "no")
            return super().answer(request)

    class ListsManifests(Lists, ManifestStore):
        pass

    expected = Verdict.FAIL if name == "LIST-INSPECT-PLATFORM" else Verdict.INCONCLUSIVE
    assert checked(ListsManifests("1.55"), name).verdict is expected
    assert checked(Lists("1.55"), name).verdict is Verdict.INCONCLUSIVE


def test_an_incomplete_variant_may_be_shown() -> None:
    class ShowsIncompleteVariants(Empty):
        def chosen_part(
            self, parts: Sequence[Part], platform: dict[str, str] | None
        ) -> Part | None:
            return super().chosen_part(parts, platform) if platform else parts[-1]

    server = ShowsIncompleteVariants()
    arm = {"os": "linux", "architecture": "arm64"}
    server.hold("torn", IMAGE, replace(IMAGE, platform=arm, available=False))
    assert checked(server, "LIST-INSPECT-VARIANT").verdict is Verdict.INCONCLUSIVE


def test_either_digest_of_a_single_manifest_image_is_accepted() -> None:
    class NoDescriptor(ManifestStore):
        def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
            answer = super().inspected_as_asked(name, parameters)
            shown = json.loads(answer.body)
            shown.pop("Descriptor", None)
            return replace(answer, body=json.dumps(shown).encode())

    assert checked(NoDescriptor("1.55"), "LIST-INSPECT-PLATFORM").verdict is Verdict.PASS


def test_a_missing_response_to_a_platform_fails() -> None:
    class HangsUp(StandIn):
        def answer(self, request: Request) -> Response | None:
            return None if "platform=" in request.target else super().answer(request)

    result = checked(HangsUp("1.55"), "LIST-INSPECT-PLATFORM")
    assert result.verdict is Verdict.FAIL
    assert result.difference[-1] == "+ no answer" or "closed" in result.difference[-1]


def test_shared_size_values_are_inconclusive_without_shared_sizes() -> None:
    class Never(StandIn):
        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            return super().shown(each, {})

    result = checked(Never("1.55"), "LIST-SHARED-SIZE-SPELLINGS")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("shared-size=1 changes nothing")


def test_the_planted_variant_must_be_inspectable() -> None:
    class Refuses(ManifestStore):
        def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
            return self.error(500, "no")

    server, ground = loaded(Refuses("1.55"))
    result = checked(server, "PLANT-PLATFORM-INSPECT", ground)
    assert result.verdict is Verdict.FAIL
    assert "no image can be inspected" in result.difference[-1]


def test_a_config_without_its_planted_date_and_labels_fails() -> None:
    class Bare(ManifestStore):
        def of_part(self, each: dict[str, Any], part: Part) -> dict[str, Any]:
            return super().of_part(each, part) | {"Created": None, "Config": None}

    server, ground = loaded(Bare("1.55"))
    result = checked(server, "PLANT-PLATFORM-INSPECT", ground)
    assert result.verdict is Verdict.FAIL
    assert "'Created': None, 'Labels': {}" in result.difference[-1]


def test_the_content_size_may_exclude_the_manifest() -> None:
    class LeavesOut(ManifestStore):
        def part(self, descriptor: dict[str, Any], blobs: dict[str, bytes]) -> Part:
            part = super().part(descriptor, blobs)
            return replace(part, content=max(part.content - descriptor["size"], 0))

    server, ground = loaded(LeavesOut("1.55"))
    assert checked(server, "LIST-MANIFESTS-CONTENT", ground).verdict is Verdict.PASS


def test_a_duplicate_manifest_in_a_planted_index_fails() -> None:
    class Twice(ManifestStore):
        def manifests(
            self, parts: Sequence[Part], parameters: dict[str, str]
        ) -> list[dict[str, Any]]:
            several = len(parts) > 1
            return super().manifests(parts, parameters) * (1 + several)

    server, ground = loaded(Twice("1.55"))
    assert checked(server, "LIST-MANIFESTS-ONCE").verdict is Verdict.PASS
    result = checked(server, "LIST-MANIFESTS-ONCE", ground)
    assert result.verdict is Verdict.FAIL
    assert result.difference[-1] == "+ 2 times"


@pytest.mark.parametrize("name", ["PLANT-PLATFORM-LABELS", "PLANT-PLATFORM-INSPECT"])
def test_an_image_listed_by_config_id_has_one_platform(name: str) -> None:
    class ByConfig(ManifestStore):
        def add(self, identifier: str, tags: list[str], parts: Sequence[Part]) -> None:
            super().add(identifier[:-4] + "0000", tags, parts[:1])

    server, ground = loaded(ByConfig("1.55"))
    result = checked(server, name, ground)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "not supported by this engine: it keeps one platform of an image"


@pytest.mark.parametrize("version", ["1.24", "1.25"])
def test_images_are_requested_by_name_as_the_version_allows(version: str) -> None:
    server, ground = loaded(ManifestStore(version))
    result = checked(server, "LIST-ARTIFACTS", ground, version)
    assert result.verdict is Verdict.PASS


def test_missing_manifests_of_a_planted_image_fail() -> None:
    class LeavesOut(ManifestStore):
        def manifests(
            self, parts: Sequence[Part], parameters: dict[str, str]
        ) -> list[dict[str, Any]]:
            return super().manifests(parts[:1], parameters)

    server, ground = loaded(LeavesOut("1.55"))
    result = checked(server, "LIST-MANIFESTS-CONTENT", ground)
    assert result.verdict is Verdict.FAIL
    assert result.message.endswith("it shows other Manifests than its index has")


def test_an_undocumented_manifest_kind_fails() -> None:
    server = Empty()
    server.hold("one", replace(IMAGE, kind="sbom"))
    result = checked(server, "LIST-MANIFESTS-KIND")
    assert result.verdict is Verdict.FAIL
    assert result.difference == ("- Kind: image or attestation or unknown", "+ Kind: sbom")
