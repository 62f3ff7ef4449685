"""Servers that show planted images of several platforms, and artifacts, wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from muster.model.exchange import Response

from .manifest_store import Part
from .platforms import OfManifests


class ArtifactsAreHidden(OfManifests):
    """moby PR 48399: what cannot be run was not listed."""

    kills = "LIST-ARTIFACTS"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = {name for name, parts in self.parts.items() if self.is_artifact(parts)}
        return super().ordered([each for each in images if each["Id"] not in ids])

    def is_artifact(self, parts: Sequence[Part]) -> bool:
        return any(part.kind == "unknown" for part in parts)


class ArtifactFailsTheListing(OfManifests):
    """moby PR 47738: a target of another media type failed the whole listing."""

    kills = "LIST-ARTIFACTS"

    def manifest(self, part: Part) -> dict[str, Any]:
        if part.kind == "unknown" and part.id in self.parts:
            raise KeyError(part.id)
        return super().manifest(part)

    def answer(self, request: Any) -> Response | None:
        try:
            return super().answer(request)
        except KeyError as error:
            return self.error(500, f"unexpected media type of {error}")


class IncompleteImagesAreHidden(OfManifests):
    """moby PR 47568: an image that could not be read in full was left out."""

    kills = "LIST-PARTIAL"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        whole = [each for each in images if all(part.available for part in self.parts_of(each))]
        return super().ordered(whole)


class IncompleteImagesEndTheList(OfManifests):
    """moby PR 47568: the images after one that could not be read were left out."""

    kills = "LIST-PARTIAL"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = []
        for each in super().ordered(images):
            kept.append(each)
            if any(part.content == 0 for part in self.parts_of(each)):
                others = [i for i in images if i["Id"] not in self.parts]
                return super().ordered([*kept, *(i for i in others if i not in kept)])
        return kept


class IncompleteImagesEndTheConnection(OfManifests):
    """moby PR 49485: a nil pointer, where a platform is not there."""

    kills = "LIST-PARTIAL"

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        if any(part.content == 0 for part in parts):
            raise ZeroDivisionError
        return super().manifests(parts, parameters)

    def answer(self, request: Any) -> Response | None:
        try:
            return super().answer(request)
        except ZeroDivisionError:
            return None


class IncompleteImagesHaveNoManifests(OfManifests):
    """moby PR 49533: Manifests were empty where a platform is not there."""

    kills = "LIST-MANIFESTS-CONTENT"

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        there = [] if any(part.content == 0 for part in parts) else parts
        return super().manifests(there, parameters)


class CountsMissingContent(OfManifests):
    """moby PR 49535: blobs that were not there were counted."""

    kills = "LIST-MANIFESTS-CONTENT"

    def part(self, descriptor: dict[str, Any], blobs: dict[str, bytes]) -> Part:
        part = super().part(descriptor, blobs)
        return part if part.available else replace(part, content=part.content + 512)


class AttestationsAreVariants(OfManifests):
    """moby PR 45124, had the listing shown Manifests then."""

    kills = "LIST-MANIFESTS-CONTENT"

    def part(self, descriptor: dict[str, Any], blobs: dict[str, bytes]) -> Part:
        part = super().part(descriptor, blobs)
        return replace(part, kind="image", attested="") if part.attested else part


class PlatformsWithoutVariant(OfManifests):
    """moby PR 46024, in the listing."""

    kills = "LIST-MANIFESTS-CONTENT"

    def image_data(self, part: Part) -> dict[str, Any]:
        platform = {key: value for key, value in part.platform.items() if key != "variant"}
        return super().image_data(part) | {"Platform": platform}


class AttestationOfTheIndex(OfManifests):
    kills = "LIST-MANIFESTS-CONTENT"

    def add(self, identifier: str, tags: list[str], parts: Sequence[Part]) -> None:
        changed = [replace(p, attested=identifier) if p.attested else p for p in parts]
        super().add(identifier, tags, changed)


class LabelsOfTheHostOnly(OfManifests):
    """moby PR 45289: label was compared with one config of an image."""

    kills = "PLANT-PLATFORM-LABELS"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return all(self.has_label(each["Labels"] or {}, condition) for condition in conditions)


class DateOfAnotherVariant(OfManifests):
    kills = "PLANT-PLATFORM-VARIANT"

    def add(self, identifier: str, tags: list[str], parts: Sequence[Part]) -> None:
        super().add(identifier, tags, parts)
        self.images[-1]["Created"] = max((part.created for part in parts if part.labels), default=0)


class InspectLeavesOutTheVariant(OfManifests):
    """moby PR 46024: Variant was left out."""

    kills = "PLANT-PLATFORM-INSPECT"

    def of_part(self, each: dict[str, Any], part: Part) -> dict[str, Any]:
        return super().of_part(each, part) | {"Variant": ""}


class InspectShowsTheLabelsOfTheHost(OfManifests):
    kills = "PLANT-PLATFORM-INSPECT"

    def of_part(self, each: dict[str, Any], part: Part) -> dict[str, Any]:
        return super().of_part(each, replace(part, labels=each["Labels"]))
