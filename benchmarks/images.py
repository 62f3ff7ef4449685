"""Synthetic images: as many as wanted, alike for every server, as an archive or as a listing.

Most have one or two tags and five labels, as images from a build pipeline do. Of every ten one is
untagged, and half of these are a step towards another image. Three images, however many there are
in all, have the label and the repository that few have.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FEW = 3
FEW_LABEL = "com.example.few"
FEW_REPOSITORY = "registry.example.com/few/have-this"
# 2023-11-14; an image is made every minute from then on.
_FIRST = 1_700_000_000
_STEP = 60


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("file")
        member.size = 8
        tar.addfile(member, io.BytesIO(b"one file"))
    return buffer.getvalue()


_LAYER = _layer()
_LAYER_ID = f"sha256:{hashlib.sha256(_LAYER).hexdigest()}"


@dataclass(frozen=True)
class BenchImage:
    """The image of a number."""

    number: int

    @property
    def created(self) -> int:
        """Seconds since 1970."""
        return _FIRST + self.number * _STEP

    @property
    def tags(self) -> list[str]:
        """Its name, if any."""
        if self.number < FEW:
            return [f"{FEW_REPOSITORY}:{self.number}"]
        if self.number % 10 == 9:  # noqa: PLR2004  # one of ten
            return []
        repository = f"registry.example.com/team-{self.number % 50}/service-{self.number // 20}"
        tags = [f"{repository}:1.{self.number}"]
        return [*tags, f"{repository}:build-{self.number}"] if self.number % 3 == 0 else tags

    @property
    def labels(self) -> dict[str, str]:
        """The labels in its config."""
        labels = {
            "maintainer": f"team-{self.number % 50}@example.com",
            "org.opencontainers.image.created": self._date,
            "org.opencontainers.image.revision": f"{self.number:040x}",
            "org.opencontainers.image.title": f"service-{self.number // 20}",
            "org.opencontainers.image.version": f"1.{self.number}",
        }
        return {FEW_LABEL: str(self.number), **labels} if self.number < FEW else labels

    @property
    def parent(self) -> "BenchImage | None":
        """The untagged image from which it was made, if any."""
        return BenchImage(self.number - 1) if self.number % 20 == 0 and self.number else None

    @property
    def config(self) -> bytes:
        """The image's config, whose digest is its Id."""
        config = {
            "architecture": "amd64",
            "os": "linux",
            "created": self._date,
            "config": {"Cmd": ["true"], "Labels": self.labels},
            "rootfs": {"type": "layers", "diff_ids": [_LAYER_ID]},
            "history": self.history,
        }
        return json.dumps(config).encode()

    @property
    def id(self) -> str:
        """The Id."""
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"

    @property
    def history(self) -> list[dict[str, object]]:
        """How it was made; Docker takes another for its parent only if it goes on from there."""
        own = {"created": self._date, "created_by": str(self.number)}
        if self.parent is None:
            return [own]
        return [*self.parent.history, {**own, "empty_layer": True}]

    @property
    def _date(self) -> str:
        return datetime.fromtimestamp(self.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make(count: int) -> Iterator[BenchImage]:
    """Return *count* images, the oldest first."""
    return map(BenchImage, range(count))


def write_archive(path: Path, count: int) -> None:
    """Write *count* images in the format of `docker save`."""
    manifest = []
    with tarfile.open(path, mode="w") as tar:
        _add(tar, "layer/layer.tar", _LAYER)
        for image in make(count):
            name = f"{image.id.removeprefix('sha256:')}.json"
            _add(tar, name, image.config)
            entry = {"Config": name, "RepoTags": image.tags or None, "Layers": ["layer/layer.tar"]}
            manifest.append({**entry, "Parent": image.parent.id} if image.parent else entry)
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def write_listing(path: Path, count: int) -> None:
    """Write the response of a daemon with *count* images to ``GET /images/json?all=1``."""
    with path.open("w") as file:
        file.write("[")
        for image in make(count):
            file.write("," if image.number else "")
            json.dump(_listed(image), file)
        file.write("]")


def _listed(image: BenchImage) -> dict[str, object]:
    return {
        "Id": image.id,
        "ParentId": image.parent.id if image.parent else "",
        "RepoTags": image.tags or None,
        "RepoDigests": None,
        "Created": image.created,
        "Size": 8,
        "VirtualSize": 8,
        "Labels": image.labels,
    }


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
