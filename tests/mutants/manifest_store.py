"""A correct server that keeps images by their manifests, as Docker's containerd store does.

What it does otherwise than one that keeps them by their configs is no fault: an Id is the digest of
a manifest or index, every named image has digests, labels of every platform meet a filter, a
reference with a digest finds no image that has a tag, and sizes are those of all manifests.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from muster.model.exchange import Response

from .stand_in import StandIn, image, sha256

WITH_MANIFESTS, WITH_DESCRIPTOR, WITH_COUNT = 47, 48, 51
AMD64 = {"architecture": "amd64", "os": "linux"}
ARM64 = {"architecture": "arm64", "os": "linux", "variant": "v8"}
I386 = {"architecture": "386", "os": "linux"}
S390X = {"architecture": "s390x", "os": "linux"}
UNKNOWN = {"architecture": "unknown", "os": "unknown"}
ONE_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CREATED = 1470000000
ABSENT = "sha256:" + "ef" * 32


@dataclass(frozen=True)
class Part:
    """A manifest of an image; `labels` and `created` are those of its config."""

    id: str = ""
    kind: str = "image"
    platform: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] | None = None
    created: int = CREATED
    content: int = 1000
    unpacked: int = 3096
    available: bool = True
    attested: str = ""
    containers: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.content + self.unpacked


class ManifestStore(StandIn):
    """Holds images of several platforms, attestations and artifacts, beside others."""

    def __init__(self, version: str = "1.51") -> None:
        super().__init__(version)
        self.parts: dict[str, Sequence[Part]] = {}
        for each in self.images:
            self.name_by_digest(each)
        amd64 = Part(platform=AMD64, labels={"arch": "amd64"})
        arm64 = Part(platform=ARM64, labels={"arch": "arm64"}, created=CREATED - 60, unpacked=0)
        proof = Part(kind="attestation", content=300, unpacked=0, platform=UNKNOWN)
        self.hold("platforms", amd64, replace(arm64, containers=("c" * 64,)))
        self.hold("foreign", arm64)
        self.hold("attested", amd64, replace(proof, attested="0"))
        self.hold("stale", amd64, replace(proof, attested=ABSENT))
        self.hold("partial", amd64, replace(arm64, platform=S390X, content=0, available=False))
        self.hold("torn", amd64, replace(arm64, platform=S390X, content=700, available=False))
        self.hold("twice", replace(amd64, id="same"), replace(amd64, id="same", platform=I386))
        self.hold("artifact", Part(kind="unknown", content=400, unpacked=0))
        self.hold("empty")

    # --- What it holds ----------------------------------------------------------------------------

    def hold(self, name: str, *parts: Part) -> None:
        """Put an image there whose index has *parts*; `attested` is the number of one of them."""
        numbered = [
            replace(part, id=sha256(f"{name}/{part.id or number}".encode()))
            for number, part in enumerate(parts)
        ]
        ids = {str(number): part.id for number, part in enumerate(numbered)}
        self.add(
            sha256(f"index of {name}".encode()),
            [f"several/{name}:1"],
            [replace(part, attested=ids.get(part.attested, part.attested)) for part in numbered],
        )

    def add(self, identifier: str, tags: list[str], parts: Sequence[Part]) -> None:
        best = self.best(parts)
        held = image("", best.created if best else 0) | {
            "Id": identifier,
            "RepoTags": tags,
            "Labels": best.labels if best else None,
            "Size": self.size(parts),
        }
        held["VirtualSize"] = held["Size"]
        self.parts[identifier] = parts
        self.images.append(held)
        self.name_by_digest(held)

    def best(self, parts: Sequence[Part]) -> Part | None:
        """Return the part that a listing shows the labels of."""
        return next((part for part in parts if part.kind == "image" and part.available), None)

    def size(self, parts: Sequence[Part]) -> int:
        return sum(part.total for part in parts)

    def parts_of(self, each: dict[str, Any]) -> Sequence[Part]:
        """Return the parts of an image; one without an index is one itself."""
        alone = Part(
            each["Id"], "image", AMD64, each["Labels"], each["Created"], 1000, each["Size"] - 1000
        )
        return self.parts.get(each["Id"], (alone,))

    def name_by_digest(self, each: dict[str, Any]) -> None:
        tags = [tag for tag in each["RepoTags"] or () if "@" not in tag]
        names = [f"{self.repository(tag)}@{each['Id']}" for tag in tags]
        nothing = each["Id"] in self.parts and self.best(self.parts[each["Id"]]) is None
        each["RepoDigests"] = [each["Id"]] if nothing else sorted({*names}) or None

    # --- Images in and out ------------------------------------------------------------------------

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        made = super().from_config(entry, config)
        by_config = made["Id"]
        made["Id"] = sha256(f"manifest of {by_config}".encode())
        self.layers[made["Id"]] = self.layers.pop(by_config)
        self.fractions[made["Id"]] = self.fractions.pop(by_config)
        parent = made["ParentId"]
        made["ParentId"] = parent and sha256(f"manifest of {parent}".encode())
        self.name_by_digest(made)
        return made

    def loaded(self, archive: bytes) -> Response:
        files = self.unpacked(archive)
        if "oci-layout" not in files:
            return super().loaded(archive)
        blobs = {f"sha256:{name.rpartition('/')[2]}": data for name, data in files.items()}
        for top in json.loads(files["index.json"])["manifests"]:
            inner = json.loads(blobs[top["digest"]]).get("manifests", [top])
            parts = [self.part(descriptor, blobs) for descriptor in inner]
            name = top["annotations"]["org.opencontainers.image.ref.name"]
            self.add(top["digest"], [name], parts)
        return self.json([])

    def part(self, descriptor: dict[str, Any], blobs: dict[str, bytes]) -> Part:
        """Return the part that *descriptor* refers to, of which *blobs* may lack some."""
        digest, platform = descriptor["digest"], descriptor.get("platform", {})
        attested = descriptor.get("annotations", {}).get("vnd.docker.reference.digest", "")
        if digest not in blobs:
            return Part(digest, "image", platform, content=0, unpacked=0, available=False)
        manifest = json.loads(blobs[digest])
        children = [manifest["config"]["digest"], *(each["digest"] for each in manifest["layers"])]
        there = {each: len(blobs[each]) for each in (digest, *children) if each in blobs}
        part = Part(digest, "image", platform, content=sum(there.values()))
        if attested or "artifactType" in manifest:
            kind = "attestation" if attested else "unknown"
            return replace(part, kind=kind, unpacked=0, attested=attested)
        config = json.loads(blobs[children[0]])
        return replace(
            part,
            platform=platform or {key: config[key] for key in ("architecture", "os")},
            labels=config["config"].get("Labels"),
            created=self.date(config),
            available=there.keys() >= {*children},
        )

    def forget(self, each: dict[str, Any]) -> None:
        super().forget(each)
        self.parts.pop(each["Id"], None)

    def tagged(self, name: str, parameters: dict[str, str]) -> Any:
        answer = super().tagged(name, parameters)
        for each in self.images:
            self.name_by_digest(each)
        return answer

    def removed(self, name: str) -> Any:
        # A digest is no name of its own here: it goes with the tags.
        for each in self.images:
            if name in {each["Id"], *(each["RepoTags"] or ())}:
                each["RepoDigests"] = None
        answer = super().removed(name)
        for each in self.images:
            self.name_by_digest(each)
        return answer

    # --- The listing ------------------------------------------------------------------------------

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        there = [part for part in self.parts_of(each) if part.content and part.kind != "unknown"]
        return not conditions or any(
            all(self.has_label(part.labels or {}, condition) for condition in conditions)
            for part in there
        )

    def named(self, reference: str, name: str) -> bool:
        return "@" not in reference and super().named(reference, name)

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
        return kept | {"RepoDigests": each["RepoDigests"] if kept["RepoTags"] else None}

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        parts = self.parts_of(each)
        if self.minor >= WITH_DESCRIPTOR:
            shown["Descriptor"] = self.descriptor(each["Id"], index=each["Id"] in self.parts)
        if parts and self.minor >= WITH_MANIFESTS and self.truth(parameters.get("manifests", "")):
            shown["Manifests"] = self.manifests(parts, parameters)
        if self.minor >= WITH_COUNT:
            shown["Containers"] = self.count(parts)
        return shown

    def count(self, parts: Sequence[Part]) -> int:
        return sum(len(part.containers) for part in parts) if self.best(parts) else -1

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        return [self.manifest(part) for part in parts]

    def manifest(self, part: Part) -> dict[str, Any]:
        shown = {
            "ID": part.id,
            "Descriptor": self.descriptor(part.id, part=part),
            "Available": part.available,
            "Size": {"Content": part.content, "Total": part.total},
            "Kind": part.kind,
        }
        if part.kind == "image":
            shown["ImageData"] = self.image_data(part)
        if part.kind == "attestation":
            shown["AttestationData"] = {"For": part.attested}
        return shown

    def image_data(self, part: Part) -> dict[str, Any]:
        return {
            "Platform": part.platform,
            "Size": {"Unpacked": part.unpacked},
            "Containers": list(part.containers) or None,
        }

    def descriptor(
        self, digest: str, part: Part | None = None, *, index: bool = False
    ) -> dict[str, Any]:
        shown = {"digest": digest, "mediaType": INDEX_TYPE if index else ONE_TYPE, "size": 100}
        if part and part.attested:
            shown["annotations"] = {"vnd.docker.reference.digest": part.attested}
        return shown | ({"platform": part.platform} if part and part.platform else {})

    # --- Inspecting -------------------------------------------------------------------------------

    def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
        found = [each for each in self.images if name in self.image_ids(each)]
        platform = json.loads(parameters.get("platform", "null")) if self.minor >= 49 else None
        answer = self.inspected(name)
        if not found or answer.status != 200:
            return answer
        parts = self.parts_of(found[0])
        shown = json.loads(answer.body)
        part = self.chosen_part(parts, platform)
        if platform and not part:
            return self.error(404, f"{name} does not provide the specified platform")
        shown |= self.of_part(found[0], part or Part())
        if part and platform:
            shown["Id"] = part.id
        if self.minor >= WITH_DESCRIPTOR:
            shown["Descriptor"] = self.descriptor(shown["Id"])
            if self.truth(parameters.get("manifests", "")):
                shown["Manifests"] = self.manifests(parts, parameters)
        return self.json(shown)

    def chosen_part(self, parts: Sequence[Part], platform: dict[str, str] | None) -> Part | None:
        """Return the variant to show for *platform*; for none, the one that a listing shows."""
        there = [part for part in parts if part.available and part.kind == "image"]
        return self.best([part for part in there if platform in (None, part.platform)])

    def of_part(self, each: dict[str, Any], part: Part) -> dict[str, Any]:
        """Return the members of an inspected image that are those of one variant."""
        config = {"Created": part.created, "Labels": part.labels} if part.platform else {}
        return self.details(each | config) | {
            "Size": part.content,
            "Os": part.platform.get("os", ""),
            "Architecture": part.platform.get("architecture", ""),
            "Variant": part.platform.get("variant", ""),
        }
