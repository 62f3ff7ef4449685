# Written by `make stubs` from the documents in openapi/. Change those, not this.
# ruff: noqa: D101
"""The objects that answers consist of, over all API versions."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field


class HistoryItem(Struct, kw_only=True):
    id: str = field(name="Id")
    created: int = field(name="Created")
    created_by: str = field(name="CreatedBy")
    tags: list[str] | None = field(name="Tags")
    size: int = field(name="Size")
    comment: str = field(name="Comment")


class ContainerSummary(Struct, kw_only=True):
    id: str = field(name="Id")


class SearchResult(Struct, kw_only=True):
    name: str
    description: str
    star_count: int
    is_official: bool
    is_automated: bool


class Config(Struct, kw_only=True):
    labels: dict[str, str] | UnsetType | None = field(name="Labels", default=UNSET)


class RootFs(Struct, kw_only=True):
    type: str | UnsetType = field(name="Type", default=UNSET)
    layers: list[str] | UnsetType | None = field(name="Layers", default=UNSET)


class ImageDelete(Struct, kw_only=True):
    untagged: str | UnsetType = field(name="Untagged", default=UNSET)
    deleted: str | UnsetType = field(name="Deleted", default=UNSET)


class ErrorResponse(Struct, kw_only=True):
    message: str


class Version(Struct, kw_only=True):
    api_version: str = field(name="ApiVersion")
    version: str | UnsetType = field(name="Version", default=UNSET)
    os: str | UnsetType = field(name="Os", default=UNSET)
    arch: str | UnsetType = field(name="Arch", default=UNSET)


class Info(Struct, kw_only=True):
    images: int = field(name="Images")


class PruneReport(Struct, kw_only=True):
    images_deleted: list[ImageDelete] | None = field(name="ImagesDeleted")
    space_reclaimed: int = field(name="SpaceReclaimed")


class MeasuredImage(Struct, kw_only=True):
    id: str = field(name="Id")
    repo_tags: list[str] | None = field(name="RepoTags")
    repo_digests: list[str] | None = field(name="RepoDigests")
    size: int = field(name="Size")
    shared_size: int = field(name="SharedSize")
    containers: int = field(name="Containers")


class Size(Struct, kw_only=True):
    total: int = field(name="Total")
    content: int = field(name="Content")


class Size1(Struct, kw_only=True):
    unpacked: int = field(name="Unpacked")


class AttestationData(Struct, kw_only=True):
    for_: str = field(name="For")


class Platform(Struct, kw_only=True):
    architecture: str
    os: str
    variant: str | UnsetType = UNSET


class Usage(Struct, kw_only=True):
    total_count: int = field(name="TotalCount")
    active_count: int = field(name="ActiveCount")
    total_size: int = field(name="TotalSize")
    reclaimable: int = field(name="Reclaimable")
    items: list[dict[str, Any]] | UnsetType = field(name="Items", default=UNSET)


class PullItem(Struct, kw_only=True):
    repository: str | UnsetType = field(name="Repository", default=UNSET)


class BuildItem(Struct, kw_only=True):
    ref: str | UnsetType = field(name="Ref", default=UNSET)
    created_at: str | UnsetType = field(name="CreatedAt", default=UNSET)


class SignatureItem(Struct, kw_only=True):
    name: str | UnsetType = field(name="Name", default=UNSET)


class Identity(Struct, kw_only=True):
    pull: list[PullItem] | UnsetType | None = field(name="Pull", default=UNSET)
    build: list[BuildItem] | UnsetType | None = field(name="Build", default=UNSET)
    signature: list[SignatureItem] | UnsetType | None = field(name="Signature", default=UNSET)


class DiskUsage(Struct, kw_only=True):
    layers_size: int | UnsetType = field(name="LayersSize", default=UNSET)
    images: list[MeasuredImage] | UnsetType | None = field(name="Images", default=UNSET)
    containers: list[ContainerSummary] | UnsetType | None = field(name="Containers", default=UNSET)
    volumes: list[dict[str, Any]] | UnsetType | None = field(name="Volumes", default=UNSET)
    image_usage: Usage | UnsetType = field(name="ImageUsage", default=UNSET)
    container_usage: Usage | UnsetType = field(name="ContainerUsage", default=UNSET)
    volume_usage: Usage | UnsetType = field(name="VolumeUsage", default=UNSET)
    build_cache_usage: Usage | UnsetType = field(name="BuildCacheUsage", default=UNSET)


class ImageData(Struct, kw_only=True):
    platform: Platform | None = field(name="Platform")
    size: Size1 = field(name="Size")
    containers: list[str] | UnsetType | None = field(name="Containers", default=UNSET)
    identity: Identity | UnsetType | None = field(name="Identity", default=UNSET)


class Descriptor(Struct, kw_only=True):
    media_type: str = field(name="mediaType")
    digest: str
    size: int
    platform: Platform | UnsetType | None = UNSET
    annotations: dict[str, str] | UnsetType | None = UNSET


class AttestationStatement(Struct, kw_only=True):
    descriptor: Descriptor | UnsetType | None = field(name="Descriptor", default=UNSET)
    predicate_type: str | UnsetType = field(name="PredicateType", default=UNSET)
    statement: dict[str, Any] | UnsetType = field(name="Statement", default=UNSET)


class ImageManifest(Struct, kw_only=True):
    id: str = field(name="ID")
    descriptor: Descriptor | None = field(name="Descriptor")
    available: bool = field(name="Available")
    size: Size = field(name="Size")
    kind: str = field(name="Kind")
    image_data: ImageData | UnsetType | None = field(name="ImageData", default=UNSET)
    attestation_data: AttestationData | UnsetType | None = field(
        name="AttestationData", default=UNSET
    )


class ImageSummary(Struct, kw_only=True):
    id: str = field(name="Id")
    repo_tags: list[str] | None = field(name="RepoTags")
    created: int = field(name="Created")
    size: int = field(name="Size")
    labels: dict[str, str] | None = field(name="Labels")
    parent_id: str | UnsetType = field(name="ParentId", default=UNSET)
    repo_digests: list[str] | UnsetType | None = field(name="RepoDigests", default=UNSET)
    virtual_size: int | UnsetType = field(name="VirtualSize", default=UNSET)
    shared_size: int | UnsetType = field(name="SharedSize", default=UNSET)
    containers: int | UnsetType = field(name="Containers", default=UNSET)
    manifests: list[ImageManifest] | UnsetType | None = field(name="Manifests", default=UNSET)
    descriptor: Descriptor | UnsetType | None = field(name="Descriptor", default=UNSET)


class ImageInspect(Struct, kw_only=True):
    id: str = field(name="Id")
    repo_tags: list[str] | None = field(name="RepoTags")
    repo_digests: list[str] | None = field(name="RepoDigests")
    architecture: str = field(name="Architecture")
    os: str = field(name="Os")
    size: int = field(name="Size")
    root_fs: RootFs = field(name="RootFS")
    parent: str | UnsetType = field(name="Parent", default=UNSET)
    comment: str | UnsetType = field(name="Comment", default=UNSET)
    created: str | UnsetType = field(name="Created", default=UNSET)
    author: str | UnsetType = field(name="Author", default=UNSET)
    config: Config | UnsetType | None = field(name="Config", default=UNSET)
    virtual_size: int | UnsetType = field(name="VirtualSize", default=UNSET)
    descriptor: Descriptor | UnsetType | None = field(name="Descriptor", default=UNSET)
    manifests: list[ImageManifest] | UnsetType | None = field(name="Manifests", default=UNSET)
    identity: Identity | UnsetType | None = field(name="Identity", default=UNSET)
