"""Images as `docker save` writes them, made for one test."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass

from muster.planting.docker_archive import digest


def tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


LAYER = tar({"file": b"one file"})
LAYER_ID = digest(LAYER)


@dataclass(frozen=True)
class SavedImage:
    """An image of one layer, the same for all; a child has one step of history more."""

    label: str
    tags: tuple[str, ...] = ()
    parent: SavedImage | None = None

    @property
    def steps(self) -> list[dict[str, str | bool]]:
        step: dict[str, str | bool] = {"created": "2016-12-03T00:00:00Z", "created_by": "test"}
        return [*self.parent.steps, {**step, "empty_layer": True}] if self.parent else [step]

    @property
    def config(self) -> bytes:
        config = {
            "architecture": "amd64",
            "os": "linux",
            "author": "Muster",
            "created": self.steps[-1]["created"],
            "config": {"Cmd": ["true"], "Env": ["A=1"], "Labels": {"changed": self.label}},
            "rootfs": {"type": "layers", "diff_ids": [LAYER_ID]},
            "history": self.steps,
        }
        return json.dumps(config).encode()

    @property
    def id(self) -> str:
        return digest(self.config)

    @property
    def short_id(self) -> str:
        return self.id.removeprefix("sha256:")[:12]


def archive(*images: SavedImage) -> bytes:
    """Return an archive of the images, parents before children."""
    manifest = [
        {
            "Config": f"{image.short_id}.json",
            "RepoTags": list(image.tags) or None,
            "Layers": ["layer/layer.tar"],
            **({"Parent": image.parent.id} if image.parent else {}),
        }
        for image in images
    ]
    return tar(
        {
            "layer/layer.tar": LAYER,
            **{f"{image.short_id}.json": image.config for image in images},
            "manifest.json": json.dumps(manifest).encode(),
        }
    )
