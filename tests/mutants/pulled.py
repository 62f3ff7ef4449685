"""Servers that are wrong about images that were pulled, and so have digests."""

from __future__ import annotations

import json
from typing import Any

from .mutant import Mutant
from .stand_in import sha256


class OneRowForEachPlatform(Mutant):
    """moby PR 44989, with the containerd store."""

    kills = "PLANT-PULLED"
    also = frozenset({"PLANT-DIGESTS"})

    def chosen(self, top: bytes, name: str, reference: str) -> list[str]:
        images = [
            each["digest"]
            for each in json.loads(top).get("manifests", [])
            if each["platform"]["os"] != "unknown"
        ]
        return images or [sha256(top)]

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        taken = any(f"{name}@{digest}" in (other["RepoDigests"] or ()) for other in self.images)
        if not taken or not name.endswith("platforms"):
            super().name_pulled(each, name, reference, digest)


class AttestationsAreImages(Mutant):
    """moby PR 45124, with the containerd store."""

    kills = "PLANT-PULLED"
    also = frozenset({"PLANT-DIGESTS"})

    def add_pulled(self, name: str, reference: str, digest: str, manifest: dict[str, Any]) -> None:
        super().add_pulled(name, reference, digest, manifest)
        if name.endswith("platforms"):
            (row,) = (each for each in self.images if each["Id"] == manifest["config"]["digest"])
            self.images.append({**row, "Id": digest, "RepoDigests": None})


class DigestIsThatOfThePlatform(Mutant):
    kills = "PLANT-DIGESTS"

    def add_pulled(self, name: str, reference: str, digest: str, manifest: dict[str, Any]) -> None:
        super().add_pulled(name, reference, sha256(json.dumps(manifest).encode()), manifest)


class DigestsWithTheTagInThem(Mutant):
    """moby#43862, with the containerd store."""

    kills = "PLANT-DIGESTS"
    also = frozenset({"PLANT-DIGEST-STAYS"})

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        super().name_pulled(each, name, reference, digest)
        if ":" not in reference:
            right = f"{name}@{digest}"
            each["RepoDigests"].remove(right)
            each["RepoDigests"].append(f"{name}:{reference}@{digest}")


class PullsWithoutDigest(Mutant):
    """sdc-docker; and others that keep tags only."""

    kills = "PLANT-DIGESTS"
    also = frozenset({"PLANT-DIGEST-STAYS"})

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        super().name_pulled(each, name, reference, digest)
        if ":" not in reference:
            each["RepoDigests"] = None


class DigestOfOneRepositoryOnly(Mutant):
    """Docker 29, with the containerd store."""

    kills = "PLANT-DIGESTS-REPOSITORIES"

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        super().name_pulled(each, name, reference, digest)
        each["RepoDigests"] = each["RepoDigests"][:1]


class PulledByDigestIsTaggedLatest(Mutant):
    kills = "PLANT-DIGEST-ONLY"

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        super().name_pulled(each, name, reference, digest)
        if ":" in reference:
            each["RepoTags"] = [f"{name}:latest"]


class DigestGoesWithAnyTag(Mutant):
    """The class of moby PR 49672."""

    kills = "PLANT-DIGEST-STAYS"

    def drop_digests(self, each: dict[str, Any], repository: str) -> None:
        each["RepoDigests"] = None
