"""The fixture images that are loaded as OCI layouts: for several platforms, or no image at all.

Each has an archive of its own, since an engine may take some of them only.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from muster.model.manifest import ATTESTATION, IMAGE, UNKNOWN
from muster.planting.docker_archive import DOMAINS, RUN_LABEL, Archive, config, layer, seconds
from muster.planting.fixtures import Origin, Planted, PlantedManifest
from muster.planting.oci_layout import (
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    Blob,
    index,
    layout,
    manifest,
    zstd,
)

PLATFORM_LABEL = "test.muster.platform"
"""Label whose value is the architecture of a variant: it differs within one image."""

IMAGE_LABEL = "test.muster.image"
"""Label whose value is the image's key: no two images have the same labels."""

CREATED = {
    "amd64": "2016-10-02T00:00:00Z",
    "arm64": "2016-10-03T00:00:00Z",
    "s390x": "2016-10-04T00:00:00Z",
}
"""Dates of variants by architecture; no two are the same."""

VARIANTS = {"arm64": "v8"}

ARTIFACT = "application/vnd.muster.test"
EMPTY = Blob("application/vnd.oci.empty.v1+json", b"{}")

Pack = Callable[[bytes], Blob]


def _gzip(tar: bytes) -> Blob:
    return Blob(f"{LAYER}+gzip", gzip.compress(tar, mtime=0))


def _zstd(tar: bytes) -> Blob:
    return Blob(f"{LAYER}+zstd", zstd(tar))


def _plain(tar: bytes) -> Blob:
    return Blob(LAYER, tar)


@dataclass(frozen=True, slots=True)
class _Part:
    """A manifest, its blobs, and those that the layout leaves out.

    Attributes:
        manifest: The manifest, with the descriptor that its index has.
        blobs: All that it refers to: its config and its layers.
        planted: What a listing must show, if nothing is left out.
        missing: Digests of blobs that are left out, the manifest's among them.
    """

    manifest: Blob
    blobs: tuple[Blob, ...]
    planted: PlantedManifest
    missing: frozenset[str] = frozenset()

    @classmethod
    def of(cls, manifest: Blob, blobs: tuple[Blob, ...], kind: str, **known: object) -> _Part:
        size = len(manifest.data)
        content = size + sum(len(data) for data in {blob.data for blob in blobs})
        planted = PlantedManifest(manifest.digest, kind, size, content)
        return cls(manifest, blobs, replace(planted, **known))  # type: ignore[arg-type]

    @property
    def present(self) -> list[bytes]:
        """The content of the blobs that are not left out, the manifest's first."""
        blobs = (self.manifest, *self.blobs)
        return [blob.data for blob in blobs if blob.digest not in self.missing]

    def without(self, *missing: Blob) -> _Part:
        """Return it without some of its blobs; without the manifest nothing else is found."""
        gone = frozenset(blob.digest for blob in missing)
        part = replace(self, missing=gone)
        content = sum(map(len, part.present)) if self.manifest.digest not in gone else 0
        return replace(part, planted=replace(self.planted, content=content, available=False))

    def absent(self) -> _Part:
        """Return it without anything."""
        return self.without(self.manifest, *self.blobs)


def build(run: str) -> tuple[Archive, ...]:
    """Return the archives of one run; the same *run* gives the same bytes."""

    def variant(key: str, architecture: str, pack: Pack = _gzip) -> _Part:
        return _variant(run, key, architecture, pack)

    attested, torn = variant("attested", "amd64"), variant("torn", "s390x")
    return (
        _index(run, "variants", variant("variants", "amd64"), variant("variants", "arm64")),
        _index(run, "attested", attested, _attestation(run, attested)),
        _index(run, "partial", variant("partial", "amd64"), variant("partial", "s390x").absent()),
        _index(run, "torn", variant("torn", "amd64"), torn.without(torn.blobs[-1])),
        _alone(run, "zstd", variant("zstd", "amd64", _zstd)),
        _alone(run, "plain", variant("plain", "amd64", _plain)),
        _alone(run, "artifact", _artifact(run)),
    )


def _variant(run: str, key: str, architecture: str, pack: Pack) -> _Part:
    """Return the image of *key* for *architecture*."""
    content, created = f"{run}/{key}/{architecture}", CREATED[architecture]
    labels = {PLATFORM_LABEL: architecture, IMAGE_LABEL: key, RUN_LABEL: run}
    platform = {"architecture": architecture, "os": "linux"}
    if architecture in VARIANTS:
        platform["variant"] = VARIANTS[architecture]
    tar = layer(content)
    history = [{"created": created, "created_by": content}]
    raw = config(created, labels, [tar], history, architecture) | platform
    blobs = (Blob(CONFIG, json.dumps(raw).encode()), pack(tar))
    data = manifest(blobs[0], blobs[1:])
    described = Blob(MANIFEST, data, {"platform": platform})
    return _Part.of(
        described, blobs, IMAGE, platform=platform, created=seconds(created), labels=labels
    )


def _attestation(run: str, attested: _Part) -> _Part:
    """Return an attestation of *attested*, as BuildKit writes it.

    Source: buildkit docs/attestations/attestation-storage.md.
    """
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "run": run}).encode()
    predicate = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}
    layers = [Blob("application/vnd.in-toto+json", statement, {"annotations": predicate})]
    rootfs = {"type": "layers", "diff_ids": [layers[0].digest]}
    nowhere = {"architecture": "unknown", "os": "unknown"}
    raw = json.dumps(nowhere | {"config": {}, "rootfs": rootfs}).encode()
    blobs = (Blob(CONFIG, raw), *layers)
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": attested.manifest.digest,
    }
    extra = {"platform": nowhere, "annotations": annotations}
    described = Blob(MANIFEST, manifest(blobs[0], layers), extra)
    return _Part.of(described, blobs, ATTESTATION, attested=attested.manifest.digest)


def _artifact(run: str) -> _Part:
    """Return a manifest that is no image: OCI image-spec v1.1, guidelines for artifact usage."""
    text = Blob("text/plain", f"artifact of {run}".encode())
    data = manifest(EMPTY, [text], artifactType=ARTIFACT)
    return _Part.of(Blob(MANIFEST, data, {"artifactType": ARTIFACT}), (EMPTY, text), UNKNOWN)


def _index(run: str, key: str, *parts: _Part) -> Archive:
    top = Blob(INDEX, index(part.manifest for part in parts))
    return _archive(run, key, top, parts, [top.data])


def _alone(run: str, key: str, part: _Part) -> Archive:
    return _archive(run, key, part.manifest, (part,), [])


def _archive(
    run: str, key: str, top: Blob, parts: tuple[_Part, ...], data: Iterable[bytes]
) -> Archive:
    name = f"{DOMAINS[0]}/{run}/{key}:1"
    blobs = dict.fromkeys([*data, *(each for part in parts for each in part.present)])
    # Another kind of store has the Id of one of its manifests, or of their configs.
    images = [part for part in parts if part.planted.kind == IMAGE]
    others = [blob.digest for part in images for blob in (part.manifest, part.blobs[0])]
    first = parts[0].planted
    labels: Mapping[str, str] = first.labels
    planted = Planted(
        key=key,
        id=top.digest,
        tags=(name,),
        created=first.created if labels else None,
        labels=labels,
        parent="",
        origin=Origin.PLATFORMS,
        other_ids=tuple(each for each in dict.fromkeys(others) if each != top.digest),
        manifests=tuple(part.planted for part in parts),
    )
    return Archive(run, layout(top, name, blobs), (planted,))
