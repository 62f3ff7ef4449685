"""A correct server that keeps images by their manifests, as Docker's containerd store does.

What it does otherwise than one that keeps them by their configs is no fault: an Id is the digest of
a manifest or index, every named image has digests, labels of every platform meet a filter, a
reference with a digest finds no image that has a tag, and sizes are those of all manifests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .stand_in import StandIn, image, sha256

WITH_MANIFESTS, WITH_DESCRIPTOR = 47, 48


class ManifestStore(StandIn):
    """Holds an image of two platforms, one with an attestation, and an artifact, beside others."""

    def __init__(self, version: str = "1.51") -> None:
        super().__init__(version)
        self.kinds: dict[str, Sequence[str]] = {}
        self.hidden: dict[str, dict[str, str]] = {}
        for each in self.images:
            self.name_by_digest(each)
        self.hold("platforms", ("image", "image"), {"arch": "amd64"}, {"arch": "arm64"})
        self.hold("attested", ("image", "attestation"), {"arch": "amd64"}, {})
        self.hold("artifact", ("unknown",), None, {})

    def hold(
        self,
        name: str,
        kinds: Sequence[str],
        labels: dict[str, str] | None,
        others: dict[str, str],
    ) -> None:
        """Put an image there, of which *others* are labels that no listing shows."""
        held = image(name, 1470000000 if "image" in kinds else 0, Labels=labels)
        held["RepoTags"] = [f"several/{name}:1"]
        self.kinds[held["Id"]] = kinds
        self.hidden[held["Id"]] = others
        self.images.append(held)
        self.name_by_digest(held)

    def name_by_digest(self, each: dict[str, Any]) -> None:
        tags = [tag for tag in each["RepoTags"] or () if "@" not in tag]
        names = [f"{self.repository(tag)}@{each['Id']}" for tag in tags]
        nothing = self.kinds.get(each["Id"]) == ("unknown",)
        each["RepoDigests"] = [each["Id"]] if nothing else sorted({*names}) or None

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        made = super().from_config(entry, config)
        by_config = made["Id"]
        made["Id"] = sha256(f"manifest of {by_config}".encode())
        self.layers[made["Id"]] = self.layers.pop(by_config)
        parent = made["ParentId"]
        made["ParentId"] = parent and sha256(f"manifest of {parent}".encode())
        self.name_by_digest(made)
        return made

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

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        hidden = [self.hidden[each["Id"]]] if each["Id"] in self.hidden else []
        return any(
            all(self.has_label(labels, condition) for condition in conditions)
            for labels in (each["Labels"] or {}, *hidden)
        )

    def named(self, reference: str, name: str) -> bool:
        return "@" not in reference and super().named(reference, name)

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
        return kept | {"RepoDigests": each["RepoDigests"] if kept["RepoTags"] else None}

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        return super().details(each) | {"Size": each["Size"] // 2}

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        kinds = self.kinds.get(each["Id"], ("image",))
        if self.minor >= WITH_DESCRIPTOR:
            shown["Descriptor"] = {"digest": each["Id"], "mediaType": "m", "size": 1}
        if self.minor >= WITH_MANIFESTS and self.truth(parameters.get("manifests", "")):
            shown["Manifests"] = [
                {
                    "ID": sha256(f"{number} of {each['Id']}".encode()),
                    "Descriptor": {"digest": each["Id"], "mediaType": "m", "size": 1},
                    "Available": True,
                    "Size": {"Content": 1, "Total": 1},
                    "Kind": kind,
                }
                for number, kind in enumerate(kinds)
            ]
        if "image" not in kinds:
            shown["Containers"] = -1
        return shown
