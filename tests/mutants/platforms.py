"""Servers that keep images of several platforms whole, and show them wrongly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from muster.model.exchange import Response

from .manifest_store import ManifestStore, Part
from .mutant import Mutant


class OfManifests(Mutant, ManifestStore):
    """A store of manifests with one fault."""

    version = "1.51"


class SizeIsUnpackedOnly(OfManifests):
    """moby PR 45347: what is packed was not counted."""

    kills = "LIST-MANIFESTS-SIZE"

    def size(self, parts: Sequence[Part]) -> int:
        return sum(part.unpacked for part in parts)


class SizeWithoutAttestations(OfManifests):
    kills = "LIST-MANIFESTS-SIZE"

    def size(self, parts: Sequence[Part]) -> int:
        return sum(part.total for part in parts if part.kind == "image")


class SizeOfOneVariant(OfManifests):
    """moby before PR 47526: the host's variant stood for the image."""

    kills = "LIST-MANIFESTS-SIZE"

    def size(self, parts: Sequence[Part]) -> int:
        best = self.best(parts)
        return best.total if best else super().size(parts)


class TotalIsPackedOnly(OfManifests):
    """moby#53398, had the fault been in the listing: PR 53426 counts what is unpacked."""

    kills = "LIST-MANIFESTS-TOTAL"
    also = frozenset({"LIST-SHARED-SIZE"})

    def manifest(self, part: Part) -> dict[str, Any]:
        shown = super().manifest(part)
        return shown | {"Size": {"Content": part.content, "Total": part.content}}

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        packed = sum(part.content for part in self.parts_of(each))
        return super().shown(each, parameters) | {"Size": packed}


class EachManifestTwice(OfManifests):
    kills = "LIST-MANIFESTS-ONCE"

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        return super().manifests(parts, parameters) * 2

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        doubled = {"Size": 2 * shown["Size"]}
        if shown["Containers"] > 0:
            doubled["Containers"] = 2 * shown["Containers"]
        return shown | doubled


class AttestationsAreOfTheKindImage(OfManifests):
    """moby PR 45124: attestations have the media type of images."""

    kills = "LIST-MANIFESTS-KIND"

    def manifest(self, part: Part) -> dict[str, Any]:
        return super().manifest(part) | ({"Kind": "image"} if part.attested else {})


class KindIsAMediaType(OfManifests):
    kills = "LIST-MANIFESTS-KIND"

    def manifest(self, part: Part) -> dict[str, Any]:
        shown = super().manifest(part)
        return shown | ({"Kind": "artifact"} if part.kind == "unknown" else {})


class MissingContentIsAvailable(OfManifests):
    kills = "LIST-MANIFESTS-AVAILABLE"

    def manifest(self, part: Part) -> dict[str, Any]:
        return super().manifest(part) | ({} if part.content else {"Available": True})


class MissingContentIsUnpacked(OfManifests):
    kills = "LIST-MANIFESTS-AVAILABLE"

    def hold(self, name: str, *parts: Part) -> None:
        super().hold(name, *(p if p.content else replace(p, unpacked=99) for p in parts))


class AttestationsAreAboutThemselves(OfManifests):
    kills = "LIST-MANIFESTS-ATTESTATION"

    def manifest(self, part: Part) -> dict[str, Any]:
        shown = super().manifest(part)
        return shown | ({"AttestationData": {"For": part.id}} if part.attested else {})


class FilterChoosesManifests(OfManifests):
    """A filter that is applied to the variants too."""

    kills = "LIST-MANIFESTS-FILTERED"

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        best = self.best(parts)
        chosen = [best] if best and parameters.get("filters") else parts
        return super().manifests(chosen, parameters)


class ManifestsOnlyForOne(OfManifests):
    kills = "LIST-MANIFESTS-SPELLINGS"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        asked = parameters.get("manifests") in {"1", "true", "True"}
        return super().shown(each, parameters | {"manifests": str(int(asked))})


class SharedSizeOnlyForOne(Mutant):
    kills = "LIST-SHARED-SIZE-SPELLINGS"
    also = frozenset({"LIST-SHARED-SIZE"})
    version = "1.44"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        asked = parameters.get("shared-size") == "1"
        return super().shown(each, parameters | {"shared-size": str(int(asked))})


class DescriptorOfTheVariant(OfManifests):
    kills = "LIST-DESCRIPTOR"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        best = self.best(self.parts_of(each))
        digest = best.id if best else each["Id"]
        return super().shown(each, parameters) | {"Descriptor": self.descriptor(digest)}


class ContainersOfVariantsUnasked(OfManifests):
    """moby PR 48345: the containers of a manifest were named only on demand."""

    kills = "LIST-CONTAINERS-SUM"

    def image_data(self, part: Part) -> dict[str, Any]:
        return super().image_data(part) | {"Containers": None}


class ContainersOfOneVariant(OfManifests):
    """moby PR 50146, had it counted by what a listing shows."""

    kills = "LIST-CONTAINERS-SUM"

    def count(self, parts: Sequence[Part]) -> int:
        best = self.best(parts)
        return len(best.containers) if best else -1


class IdentityUnasked(OfManifests):
    """moby PR 52030, without the parameter that asks for it."""

    kills = "LIST-IDENTITY-UNASKED"
    version = "1.54"

    def image_data(self, part: Part) -> dict[str, Any]:
        pulled = {"Pull": [{"Repository": "docker.io/library/busybox"}]}
        return super().image_data(part) | {"Identity": pulled}


class InspectHidesIncompleteVariants(OfManifests):
    """moby PR 49533, for single manifests."""

    kills = "LIST-INSPECT-MANIFESTS"

    def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().inspected_as_asked(name, parameters)
        shown = json.loads(answer.body)
        if "Manifests" in shown:
            shown["Manifests"] = [each for each in shown["Manifests"] if each["Available"]]
        return replace(answer, body=json.dumps(shown).encode())


class InspectShowsNoVariant(OfManifests):
    """moby PR 46024: Variant was left out."""

    kills = "LIST-INSPECT-VARIANT"

    def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().inspected_as_asked(name, parameters)
        shown = json.loads(answer.body)
        if "platform" not in parameters:
            shown.pop("Variant", None)
        return replace(answer, body=json.dumps(shown).encode())


class InspectOfIncompleteImages(OfManifests):
    """moby PR 51629: where blobs of a variant were missing, nothing of a config was shown."""

    kills = "LIST-INSPECT-VARIANT"

    def chosen_part(self, parts: Sequence[Part], platform: dict[str, str] | None) -> Part | None:
        missing = any(not part.available for part in parts)
        chosen = super().chosen_part(parts, platform)
        if chosen and missing and not platform:
            return replace(chosen, platform={})
        return chosen


class InspectIgnoresPlatform(OfManifests):
    """moby before PR 49586, with a newer client."""

    kills = "LIST-INSPECT-PLATFORM"

    def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
        return super().inspected_as_asked(name, parameters | {"platform": "null"})


class InspectHasEveryPlatform(Mutant):
    """A store without several platforms that does not read platform (moby PR 49586)."""

    kills = "LIST-INSPECT-PLATFORM"
    version = "1.49"

    def runs_on(self, platform: dict[str, str], system: str, architecture: str) -> bool:
        return True


class InspectKnowsNoPlatform(Mutant):
    kills = "LIST-INSPECT-PLATFORM"
    version = "1.49"

    def runs_on(self, platform: dict[str, str], system: str, architecture: str) -> bool:
        return False
