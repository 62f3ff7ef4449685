"""The images on real daemons: those of an archive, and two pulled from a registry."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from muster.planting.registry import Contents
from muster.planting.registry_images import RegistryImage

DATA = Path(__file__).parents[1] / "data"

TAGGED_REPOSITORY = "pulled/tagged"
DIGEST_ONLY_REPOSITORY = "pulled/digestonly"
TAGGED = RegistryImage.of("tagged", "2016-12-01T00:00:00Z", {"k": "pulled"})
DIGEST_ONLY = RegistryImage.of("digest only", "2016-12-02T00:00:00Z", {"k": "digestonly"})


def remote() -> Contents:
    """Return the registry's images: one by the tag 1, the other by its digest."""
    return Contents(
        {
            (TAGGED_REPOSITORY, "1"): TAGGED.manifest,
            (TAGGED_REPOSITORY, TAGGED.manifest.digest): TAGGED.manifest,
            (DIGEST_ONLY_REPOSITORY, DIGEST_ONLY.manifest.digest): DIGEST_ONLY.manifest,
        },
        TAGGED.blobs | DIGEST_ONLY.blobs,
    )


@dataclass(frozen=True)
class ArchivedImage:
    """One image as the archive describes it, which no daemon has had a say in."""

    id: str
    parent: str
    tags: list[str]
    labels: dict[str, str] | None
    created: int | None


def archive() -> bytes:
    """Return the archive for `POST /images/load`; Podman 4.3 refuses it compressed."""
    return gzip.decompress((DATA / "fixtures.tar.gz").read_bytes())


def several_platforms() -> list[bytes]:
    """Return archives that the containerd store alone takes.

    They hold images of several platforms, one with an attestation, one with a platform missing, and
    an artifact; and an index of which nothing is there.
    """
    names = ("multi.tar.gz", "absent.tar.gz")
    return [gzip.decompress((DATA / name).read_bytes()) for name in names]


@cache
def archived() -> dict[str, ArchivedImage]:
    """Return the archive's images by their first tag, untagged ones by their label `stage`."""
    images = {}
    with tarfile.open(fileobj=io.BytesIO(archive())) as tar:

        def read(member: str) -> Any:
            file = tar.extractfile(member)
            assert file
            return json.load(file)

        for entry in read("manifest.json"):
            config = read(entry["Config"])
            labels = config.get("config", {}).get("Labels")
            tags = entry["RepoTags"] or []
            created = config.get("created")
            images[tags[0] if tags else labels["stage"]] = ArchivedImage(
                id="sha256:" + entry["Config"].removesuffix(".json"),
                parent=entry.get("Parent", ""),
                tags=tags,
                labels=labels,
                created=created
                and int(datetime.fromisoformat(created).astimezone(UTC).timestamp()),
            )
    return images


def seed() -> list[dict[str, Any]]:
    """Return the three images of the examples in the v1.23 document."""
    listing: list[dict[str, Any]] = json.loads((DATA / "seed.json").read_text())
    return listing
