"""The fixture images that servers pull, so that they have digests, and the pulls.

The suite's own registry (`muster.planting.registry`) serves them in repositories
`muster.test/<run>/...`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from muster.planting.docker_archive import DOMAINS, config, digest, layer, seconds
from muster.planting.fixtures import Origin, Planted
from muster.planting.registry import Contents, Document

DOCKER = "application/vnd.docker"
OCI = "application/vnd.oci.image"
MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"
INDEX = f"{OCI}.index.v1+json"

PLATFORMS = ("amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64")
"""Processor architectures in the index, so that every server finds an image."""

ATTESTATION = {
    "platform": {"architecture": "unknown", "os": "unknown"},
    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
}


@dataclass(frozen=True, slots=True)
class RegistryImage:
    """An image as a registry stores it.

    Attributes:
        config: The bytes of its config.
        layer: Its only layer, compressed.
        manifest: Refers to both by digest.
    """

    config: bytes
    layer: bytes
    manifest: Document

    @classmethod
    def of(
        cls,
        content: str,
        created: str,
        labels: Mapping[str, str],
        *,
        architecture: str = "amd64",
        oci: bool = False,
    ) -> RegistryImage:
        """Return the image with *content* in its layer; the same bytes each time.

        Args:
            content: The content of the file in its layer.
            created: RFC 3339.
            labels: Key to value.
            architecture: The processor architecture.
            oci: Whether to use OCI's manifest format instead of Docker's.
        """
        tar = layer(content)
        steps = [{"created": created, "created_by": content}]
        raw = json.dumps(config(created, labels, [tar], steps, architecture)).encode()
        packed = gzip.compress(tar, mtime=0)
        config_type = f"{OCI}.config.v1+json" if oci else f"{DOCKER}.container.image.v1+json"
        layer_type = f"{OCI}.layer.v1.tar+gzip" if oci else f"{DOCKER}.image.rootfs.diff.tar.gzip"
        media_type = f"{OCI}.manifest.v1+json" if oci else MANIFEST
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": _descriptor(config_type, raw),
            "layers": [_descriptor(layer_type, packed)],
        }
        return cls(raw, packed, Document(media_type, json.dumps(manifest).encode()))

    @property
    def id(self) -> str:
        """The digest of its config."""
        return digest(self.config)

    @property
    def blobs(self) -> dict[str, bytes]:
        """The blobs that its manifest refers to, by digest."""
        return {digest(data): data for data in (self.config, self.layer)}


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull of one image.

    Attributes:
        repository: With the registry as prefix, e.g. `127.0.0.1:5055/muster.test/5f3a/pulled`.
        reference: A tag or a digest.
    """

    repository: str
    reference: str

    @property
    def name(self) -> str:
        """The full reference: `repository:tag` or `repository@digest`."""
        return f"{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of image: its key, and the names under the run's namespace to pull it by."""

    key: str
    created: str
    tags: tuple[str, ...] = ()
    repository: str = ""
    index: bool = False


KINDS = (
    _Kind("pulled", "2016-12-01T00:00:00Z", ("pulled:1",)),
    _Kind("twice", "2016-12-02T00:00:00Z", ("twice:1", "twice:2")),
    _Kind("apart", "2016-12-03T00:00:00Z", ("apart/one:1", "apart/two:1")),
    _Kind("platforms", "2016-12-04T00:00:00Z", ("platforms:1",), index=True),
    _Kind("digestonly", "2016-12-05T00:00:00Z", repository="digestonly"),
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """The images to pull in one run.

    Attributes:
        run: The name of the namespace.
        contents: The registry content that they need.
    """

    run: str
    contents: Contents

    def images(self, registry: str) -> tuple[Planted, ...]:
        """Return the images as pulled from the registry at the address *registry*."""
        return tuple(_planted(kind, self.run, registry) for kind in KINDS)

    def pulls(self, registry: str) -> tuple[Pull, ...]:
        """Return the pulls that get them, in order."""
        found: list[Pull] = []
        for image in self.images(registry):
            for name in image.tags or image.digests:
                repository, _, reference = name.rpartition(":" if image.tags else "@")
                found.append(Pull(repository, reference))
        return tuple(found)

    def namespace(self, registry: str) -> str:
        """Return the prefix of every name pulled from the registry at the address *registry*."""
        return f"{registry}/{DOMAINS[0]}/{self.run}/"


def build(run: str) -> Pulled:
    """Return the images of one run; the same *run* gives the same images."""
    manifests: dict[tuple[str, str], Document] = {}
    blobs: dict[str, bytes] = {}
    for kind in KINDS:
        remotes = _remotes(kind, run)
        top = _index(remotes, run) if kind.index else remotes[0].manifest
        for remote in remotes:
            blobs |= remote.blobs
        for repository, tag in _places(kind, run):
            for document in (top, *(remote.manifest for remote in remotes)):
                manifests[repository, document.digest] = document
            if tag:
                manifests[repository, tag] = top
    attestation, statement = _attestation(run)
    (index,) = (kind for kind in KINDS if kind.index)
    for repository, _ in _places(index, run):
        manifests[repository, attestation.digest] = attestation
    return Pulled(run, Contents(manifests, blobs | {digest(statement): statement}))


def _places(kind: _Kind, run: str) -> list[tuple[str, str]]:
    """Return the repositories that hold an image, each with a tag, which may be empty."""
    names = [tag.partition(":") for tag in kind.tags] or [(kind.repository, "", "")]
    return [(f"{DOMAINS[0]}/{run}/{repository}", tag) for repository, _, tag in names]


def _remotes(kind: _Kind, run: str) -> list[RegistryImage]:
    platforms = PLATFORMS if kind.index else PLATFORMS[:1]
    return [
        RegistryImage.of(
            f"{run}/{kind.key}/{platform}",
            kind.created,
            {"k": kind.key},
            architecture=platform,
            oci=kind.index,
        )
        for platform in platforms
    ]


def _planted(kind: _Kind, run: str, registry: str) -> Planted:
    remotes = _remotes(kind, run)
    top = _index(remotes, run) if kind.index else remotes[0].manifest
    repositories = dict.fromkeys(repository for repository, _ in _places(kind, run))
    first, *others = (remote.id for remote in remotes)
    return Planted(
        key=kind.key,
        id=first,
        tags=tuple(f"{registry}/{repo}:{tag}" for repo, tag in _places(kind, run) if tag),
        created=seconds(kind.created),
        labels={"k": kind.key},
        parent="",
        origin=Origin.PULLED,
        digests=tuple(f"{registry}/{repository}@{top.digest}" for repository in repositories),
        other_ids=tuple(others),
        other_digests=tuple(
            f"{registry}/{repository}@{remote.manifest.digest}"
            for repository in repositories
            for remote in remotes
            if kind.index
        ),
    )


def _index(remotes: Sequence[RegistryImage], run: str) -> Document:
    """Return the index of an image for several platforms, with an attestation, as BuildKit does."""
    attestation, _ = _attestation(run)
    manifests: list[Mapping[str, object]] = [
        _descriptor(remote.manifest.media_type, remote.manifest.data)
        | {"platform": {"architecture": platform, "os": "linux"}}
        for platform, remote in zip(PLATFORMS, remotes, strict=True)
    ]
    manifests.append(_descriptor(attestation.media_type, attestation.data) | ATTESTATION)
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    return Document(INDEX, json.dumps(index).encode())


def _attestation(run: str) -> tuple[Document, bytes]:
    """Return the manifest of an attestation, and the statement that is its config and its layer."""
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "run": run}).encode()
    media_type = f"{OCI}.manifest.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": _descriptor(f"{OCI}.config.v1+json", statement),
        "layers": [_descriptor("application/vnd.in-toto+json", statement)],
    }
    return Document(media_type, json.dumps(manifest).encode()), statement


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}
