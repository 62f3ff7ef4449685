"""The manifests of an image, as `Manifests` of a listing shows them.

Members of another type than the contract's count as absent: LIST-SCHEMA reports them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

IMAGE = "image"
ATTESTATION = "attestation"
UNKNOWN = "unknown"
KINDS = (IMAGE, ATTESTATION, UNKNOWN)
"""Source: moby api/docs/v1.47.yaml, ImageManifestSummary."""

ATTESTED = "vnd.docker.reference.digest"
"""Annotation of an attestation's descriptor that says what it is about (BuildKit's format)."""

Platform = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest of an image.

    Attributes:
        id: Its `ID`.
        kind: Its `Kind`.
        available: Whether `Available` is true.
        content: `Size.Content` in bytes.
        total: `Size.Total` in bytes.
        unpacked: `ImageData.Size.Unpacked` in bytes; 0 if it has no `ImageData`.
        platform: `ImageData.Platform`; empty if it has none.
        containers: How many Ids are in `ImageData.Containers`.
        attested: `AttestationData.For`; empty if it has none.
        raw: The JSON object itself.
    """

    id: str
    kind: str = IMAGE
    available: bool = True
    content: int = 0
    total: int = 0
    unpacked: int = 0
    platform: Platform = field(default_factory=dict, hash=False)
    containers: int = 0
    attested: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def descriptor(self) -> Mapping[str, Any]:
        """Its `Descriptor`; empty if it has none."""
        return _object(self.raw, "Descriptor")

    @property
    def is_variant(self) -> bool:
        """Whether it is an image for a platform that it names."""
        return self.kind == IMAGE and all(self.platform.get(key) for key in ("os", "architecture"))

    def __str__(self) -> str:
        parts = ("os", "architecture", "variant")
        platform = "/".join(str(self.platform[key]) for key in parts if self.platform.get(key))
        return f"{self.id} ({platform or self.kind})"


def shown_manifests(image: Mapping[str, Any]) -> tuple[Manifest, ...] | None:
    """Return what `Manifests` of a listed or inspected image shows; None if there is none."""
    shown = image.get("Manifests")
    if not isinstance(shown, list) or not all(isinstance(item, dict) for item in shown):
        return None
    return tuple(_manifest(item) for item in shown)


def platform_text(platform: Platform) -> str:
    """Return *platform* as a value of the parameter `platform`."""
    return json.dumps(platform, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _manifest(item: Mapping[str, Any]) -> Manifest:
    size, data = _object(item, "Size"), _object(item, "ImageData")
    containers = data.get("Containers")
    return Manifest(
        id=str(item.get("ID", "")),
        kind=str(item.get("Kind", "")),
        available=item.get("Available") is True,
        content=_number(size, "Content"),
        total=_number(size, "Total"),
        unpacked=_number(_object(data, "Size"), "Unpacked"),
        platform=_object(data, "Platform"),
        containers=len(containers) if isinstance(containers, Sequence) else 0,
        attested=str(_object(item, "AttestationData").get("For", "")),
        raw=item,
    )


def _object(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def _number(item: Mapping[str, Any], name: str) -> int:
    value = item.get(name)
    return value if isinstance(value, int) else 0
