"""What Docker's containerd stores answered; see data/README.md."""

import functools
import io
import json
import lzma
from pathlib import Path
from typing import Any

from musterd.archives import docker_archive
from musterd.images.image import Image

_DATA = Path(__file__).parents[1] / "data"


def archive(name: str) -> bytes:
    """Return one of the archives that the daemons loaded."""
    folder = _DATA if name == "fixtures" else _DATA / "containerd"
    return lzma.decompress((folder / f"{name}.tar.xz").read_bytes())


ARCHIVES = ("fixtures", "multi", "absent")


def loaded() -> list[Image]:
    """Return the images of all three archives."""
    return [
        image for name in ARCHIVES for image in docker_archive.read(io.BytesIO(archive(name)), name)
    ]


@functools.cache
def recorded(server: str) -> dict[str, Any]:
    """Return what was recorded of a daemon: `docker-28.5`, `docker-29` or `docker-main`."""
    text = lzma.decompress((_DATA / "containerd" / f"{server}.json.xz").read_bytes())
    found: dict[str, Any] = json.loads(text)
    return found


def body(server: str, value: Any) -> Any:
    """Return a recorded body, which may stand elsewhere."""
    if isinstance(value, dict) and set(value) == {"$ref"}:
        return recorded(server)["bodies"][value["$ref"]]
    return value


def answer(server: str, name: str, version: str) -> Any:
    """Return the body of one recorded answer."""
    return next(
        body(server, each["body"])
        for each in recorded(server)["exchanges"]
        if (each["id"], each["version"]) == (name, version)
    )
