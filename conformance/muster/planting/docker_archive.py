"""Fixture images as a `docker save` archive.

The format is that of Docker 1.10 and later (moby `image/tarexport`): configs, layers and a
`manifest.json`. The archive is built in memory, and its names lie under `muster.test/<run>/`.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from muster.model.image import SHORT_ID
from muster.planting.fixtures import FIXTURES, Fixture, Planted

DOMAINS = ("muster.test", "muster.test:5000", "registry.muster.test:65535")
RUN_LABEL = "test.muster.run"
"""Label that identifies untagged images if Ids are not the digests of configs."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A `docker save` archive and its images.

    Attributes:
        run: The name of the namespace, e.g. `5f3a`.
        data: The tar.
        images: Parents before their children.
    """

    run: str
    data: bytes = field(repr=False)
    images: tuple[Planted, ...] = ()

    def namespaces(self) -> tuple[str, ...]:
        """Return the prefixes of every name in the archive."""
        return tuple(f"{domain}/{self.run}/" for domain in DOMAINS)


def build(run: str, fixtures: Sequence[Fixture] = FIXTURES) -> Archive:
    """Return the archive of *fixtures*; the same *run* gives the same archive.

    Args:
        run: The namespace's name; also part of every layer, so that no two runs share an Id.
        fixtures: Parents before their children.
    """
    output = io.BytesIO()
    built: dict[str, _Built] = {}
    with tarfile.open(fileobj=output, mode="w") as tar:
        written: set[str] = set()
        for fixture in fixtures:
            parent = built.get(fixture.parent) if fixture.parent else None
            image = built[fixture.key] = _Built.of(fixture, parent, run)
            for name, data in (*image.layers.items(), (image.config_name, image.config)):
                if name not in written:
                    _add(tar, name, data)
                    written.add(name)
        manifest = [image.entry() for image in built.values()]
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    return Archive(run, output.getvalue(), tuple(image.planted for image in built.values()))


def config(
    created: str | None,
    labels: Mapping[str, str] | None,
    layers: Sequence[bytes],
    history: Sequence[Mapping[str, object]],
    architecture: str = "amd64",
) -> dict[str, object]:
    """Return the config of an image, as Docker writes it.

    Args:
        created: RFC 3339; None leaves it out.
        labels: None leaves them out.
        layers: The layers as uncompressed tars.
        history: The steps that built the image.
        architecture: The processor architecture.
    """
    container: dict[str, object] = {"Cmd": ["/run"]}
    if labels is not None:
        container["Labels"] = dict(labels)
    content: dict[str, object] = {
        "architecture": architecture,
        "os": "linux",
        "config": container,
        "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in layers]},
        "history": list(history),
    }
    return content if created is None else content | {"created": created}


def layer(content: str) -> bytes:
    """Return a layer with one small file, as a tar."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        _add(tar, "fixture", content.encode())
    return output.getvalue()


def digest(data: bytes) -> str:
    """Return `sha256:` and the digest of *data*."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def seconds(text: str) -> int:
    """Return the unix time of *text* (RFC 3339, to the nanosecond), in whole seconds."""
    return int(datetime.fromisoformat(text).replace(microsecond=0).timestamp())


@dataclass(frozen=True, slots=True)
class _Built:
    planted: Planted
    config: bytes
    history: list[dict[str, object]]
    layers: dict[str, bytes]

    @classmethod
    def of(cls, fixture: Fixture, parent: _Built | None, run: str) -> _Built:
        own = {f"{name}/layer.tar": layer(f"{run}/{name}") for name in fixture.layers}
        layers = (parent.layers if parent else {}) | own
        history = (parent.history if parent else []) + _history(fixture, run)
        labels = _labels(fixture, run)
        content = config(fixture.created, labels, list(layers.values()), history)
        raw = _beginning_with_digits(content) if fixture.digits else json.dumps(content).encode()
        planted = Planted(
            key=fixture.key,
            id=digest(raw),
            tags=tuple(_reference(tag, run) for tag in fixture.tags),
            created=None if fixture.created is None else seconds(fixture.created),
            labels=labels or {},
            parent=parent.planted.id if parent else "",
            origin=fixture.origin,
        )
        return cls(planted, raw, history, layers)

    @property
    def config_name(self) -> str:
        return self.planted.id.removeprefix("sha256:") + ".json"

    def entry(self) -> dict[str, object]:
        """Return the image's entry in `manifest.json`."""
        entry: dict[str, object] = {
            "Config": self.config_name,
            "RepoTags": list(self.planted.tags) or None,
            "Layers": list(self.layers),
        }
        return entry | ({"Parent": self.planted.parent} if self.planted.parent else {})


def _labels(fixture: Fixture, run: str) -> dict[str, str] | None:
    if fixture.labels is None or fixture.tags:
        return None if fixture.labels is None else dict(fixture.labels)
    return {**fixture.labels, RUN_LABEL: run}


def _beginning_with_digits(content: Mapping[str, object]) -> bytes:
    """Return *content* plus a comment, a number that makes its digest begin with digits."""
    for number in itertools.count():  # pragma: no branch - one config in 282 will do
        raw = json.dumps({**content, "comment": str(number)}).encode()
        if digest(raw).removeprefix("sha256:")[:SHORT_ID].isdecimal():
            break
    return raw


def _history(fixture: Fixture, run: str) -> list[dict[str, object]]:
    """Return the steps that build an image from its parent.

    Daemons compare these before they accept the parent.
    """
    date: dict[str, object] = {}
    if fixture.created is not None:
        date["created"] = fixture.created
    steps: list[dict[str, object]] = [
        date | {"created_by": f"{run} {fixture.key} {name}"} for name in fixture.layers
    ]
    return steps or [date | {"created_by": f"{run} {fixture.key}", "empty_layer": True}]


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _reference(tag: str, run: str) -> str:
    for domain in DOMAINS:
        _, colon, port = domain.partition(":")
        if colon and tag.startswith(f":{port}/"):
            return f"{domain}/{run}/{tag.removeprefix(f':{port}/')}"
    return f"{DOMAINS[0]}/{run}/{tag}"
