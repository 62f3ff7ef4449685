"""Archives to test with."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any


def pack(members: Any) -> bytes:
    """Make a tar of names with their bytes, or with the TarInfo of something else than a file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = kind
    info.linkname = target
    return info


LAYER = pack([("bin/a", b"12345"), ("etc/b", b"678")])
CONFIG = json.dumps({"config": {"Labels": {"k": "v"}}, "created": "2016-01-01T00:00:00.5Z"})


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def saved(
    config: str = CONFIG,
    layers: Any = (("l/layer.tar", LAYER),),
    more: Any = (),
    name: str = "c.json",
    **entry: Any,
) -> list[tuple[str, Any]]:
    """Make the members of an archive with one image."""
    manifest = {"Config": name, "RepoTags": ["a:1"], "Layers": [path for path, _ in layers]}
    return [
        *layers,
        (name, config.encode()),
        *more,
        ("manifest.json", json.dumps([manifest | entry]).encode()),
    ]


def several(*images: tuple[str, Any, str | None]) -> bytes:
    """Make an archive of images without layers: a name, tags and the name of a parent each."""
    configs = {name: json.dumps({"author": name, "config": {}}).encode() for name, _, _ in images}
    manifest = [
        {
            "Config": f"{name}.json",
            "RepoTags": tags,
            "Parent": parent and digest(configs[parent]),
        }
        for name, tags, parent in images
    ]
    return pack(
        [
            *((f"{name}.json", config) for name, config in configs.items()),
            ("manifest.json", json.dumps(manifest).encode()),
        ]
    )


def id_of(name: str) -> str:
    """Return the Id of an image in `several`."""
    return digest(json.dumps({"author": name, "config": {}}).encode())


IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"


class Layout:
    """An OCI image layout in the making."""

    def __init__(self) -> None:
        self.members: list[tuple[str, bytes]] = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')]

    def blob(self, data: bytes, kind: str, **more: Any) -> dict[str, Any]:
        self.members.append((f"blobs/{digest(data).replace(':', '/')}", data))
        return {"mediaType": kind, "digest": digest(data), "size": len(data), **more}

    def document(self, value: Any, kind: str, **more: Any) -> dict[str, Any]:
        return self.blob(json.dumps(value).encode(), kind, **more)

    def image(
        self,
        config: bytes = CONFIG.encode(),
        layers: Any = (LAYER,),
        kind: str = IMAGE_CONFIG,
        **more: Any,
    ) -> dict[str, Any]:
        manifest = {
            "config": self.blob(config, kind),
            "layers": [
                self.blob(layer, "application/vnd.oci.image.layer.v1.tar") for layer in layers
            ],
        }
        return self.document(manifest, IMAGE_MANIFEST, **more)

    def index(self, *manifests: Any, **more: Any) -> dict[str, Any]:
        return self.document({"manifests": manifests}, IMAGE_INDEX, **more)

    def tar(self, *manifests: Any) -> bytes:
        index = json.dumps({"manifests": manifests}).encode()
        return pack([*self.members, ("index.json", index)])

    def directory(self, root: Path, *manifests: Any) -> Path:
        for name, data in self.members:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        (root / "index.json").write_text(json.dumps({"manifests": manifests}))
        return root
