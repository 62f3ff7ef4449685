"""Images that show what most servers' own images do not, as a `docker save` archive.

The archive is that of Docker 1.10 and later (moby `image/tarexport`): configs, layers and a
`manifest.json`. It is built in memory, and its names lie under `muster.test/<run>/`.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

DOMAINS = ("muster.test", "muster.test:5000")


@dataclass(frozen=True, slots=True)
class Fixture:
    """What an image is to be like.

    Attributes:
        key: its name among the fixtures.
        tags: names under the run's namespace, e.g. `base:1`; `:5000/` in front: in the registry
            with a port.
        created: RFC 3339; None leaves the date out of the config.
        labels: None leaves them out of the config.
        parent: key of the parent.
        layers: names of layers on top of the parent's; the same name is the same layer.
    """

    key: str
    tags: tuple[str, ...] = ()
    created: str | None = "2016-01-01T00:00:00Z"
    labels: Mapping[str, str] | None = field(default_factory=dict)
    parent: str | None = None
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """An image of the archive, as a listing must show it.

    Attributes:
        key: its name among the fixtures.
        id: `sha256:` and the digest of its config.
        tags: whole references.
        created: unix time in seconds, whole; None if the config has no date.
        labels: key to value; empty if there are none.
        parent: Id of the parent; empty if there is none.
    """

    key: str
    id: str
    tags: tuple[str, ...]
    created: int | None
    labels: Mapping[str, str]
    parent: str


@dataclass(frozen=True, slots=True)
class Archive:
    """A `docker save` archive and what is in it.

    Attributes:
        run: the name of the namespace, e.g. `5f3a`.
        data: the tar.
        images: parents before their children.
    """

    run: str
    data: bytes
    images: tuple[Planted, ...]

    def namespaces(self) -> tuple[str, ...]:
        """What every name in the archive begins with."""
        return tuple(f"{domain}/{self.run}/" for domain in DOMAINS)


ODD_LABELS = {
    "com.example.version": "v1",
    "empty": "",
    "eq": "a=b=c",
    "neq": "x!=y",
    "ключ-ünï": "значение ★",
    "html": "<a href=\"x\">R&D</a> 'q'",
    "note": "a b+c",
}

FIXTURES = (
    Fixture(
        "base",
        ("base:1", "base:latest", "other/tools:2", ":5000/base:1"),
        labels=ODD_LABELS,
        layers=("base",),
    ),
    Fixture(
        "mid",
        (),
        "2016-02-01T10:00:00.5Z",
        {"com.example.version": "v1", "stage": "mid"},
        "base",
        ("mid",),
    ),
    Fixture(
        "leaf", (), "2016-03-01T12:00:00.25Z", {"com.example.version": "v2", "stage": "leaf"}, "mid"
    ),
    Fixture(
        "child",
        ("app:v1",),
        "2016-03-01T12:00:00.75Z",
        {"com.example.version": "v2", "stage": "child"},
        "mid",
        ("child",),
    ),
    Fixture("nolabels", ("nolabels:latest",), "2016-04-01T00:00:00Z", None, layers=("nolabels",)),
    Fixture("emptylabels", ("emptylabels:latest",), "2016-05-01T00:00:00Z", layers=("empty",)),
    Fixture("nocreated", ("nocreated:latest",), None, {"k": "nocreated"}, layers=("nocreated",)),
    Fixture("epoch", ("epoch:latest",), "1970-01-01T00:00:00Z", {"k": "epoch"}, layers=("epoch",)),
    Fixture(
        "future", ("future:latest",), "2100-01-01T00:00:00Z", {"k": "future"}, layers=("future",)
    ),
    Fixture("layerless", ("layerless:latest",), "2016-06-01T00:00:00Z", {"k": "layerless"}),
    Fixture("x", ("x:v1", "x:v1v1", "x:v2"), "2016-07-01T00:00:00Z", {"K": "upper"}, layers=("x",)),
    Fixture(
        "shared1",
        ("shared1:latest",),
        "2016-08-01T00:00:00Z",
        {"k": "shared"},
        layers=("shared", "one"),
    ),
    Fixture(
        "shared2",
        ("shared2:latest",),
        "2016-08-01T00:00:01Z",
        {"k": "shared"},
        layers=("shared", "two"),
    ),
    Fixture("json", ("json:latest",), "2016-09-01T00:00:00Z", {"k": "json"}, layers=("json",)),
    Fixture(
        "nested", ("a/b/c:Mixed",), "2016-11-01T02:00:00+02:00", {"k": "nested"}, layers=("nested",)
    ),
)


def build(run: str, fixtures: Sequence[Fixture] = FIXTURES) -> Archive:
    """The archive of *fixtures*; the same for the same *run*.

    Args:
        run: the namespace's name; part of every layer too, so that no Id occurs in two runs.
        fixtures: parents before their children.
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


@dataclass(frozen=True, slots=True)
class _Built:
    planted: Planted
    config: bytes
    history: list[dict[str, object]]
    layers: dict[str, bytes]

    @classmethod
    def of(cls, fixture: Fixture, parent: _Built | None, run: str) -> _Built:
        own = {f"{name}/layer.tar": _layer(f"{run}/{name}") for name in fixture.layers}
        layers = (parent.layers if parent else {}) | own
        history = (parent.history if parent else []) + _history(fixture, run)
        config: dict[str, object] = {
            "architecture": "amd64",
            "os": "linux",
            "config": _container_config(fixture),
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{_digest(data)}" for data in layers.values()],
            },
            "history": history,
        }
        if fixture.created is not None:
            config["created"] = fixture.created
        raw = json.dumps(config).encode()
        planted = Planted(
            key=fixture.key,
            id=f"sha256:{_digest(raw)}",
            tags=tuple(_reference(tag, run) for tag in fixture.tags),
            created=None if fixture.created is None else _seconds(fixture.created),
            labels=dict(fixture.labels or {}),
            parent=parent.planted.id if parent else "",
        )
        return cls(planted, raw, history, layers)

    @property
    def config_name(self) -> str:
        return self.planted.id.removeprefix("sha256:") + ".json"

    def entry(self) -> dict[str, object]:
        """What stands of the image in `manifest.json`."""
        entry: dict[str, object] = {
            "Config": self.config_name,
            "RepoTags": list(self.planted.tags) or None,
            "Layers": list(self.layers),
        }
        return entry | ({"Parent": self.planted.parent} if self.planted.parent else {})


def _container_config(fixture: Fixture) -> dict[str, object]:
    config: dict[str, object] = {"Cmd": ["/run"]}
    if fixture.labels is not None:
        config["Labels"] = dict(fixture.labels)
    return config


def _history(fixture: Fixture, run: str) -> list[dict[str, object]]:
    """The steps that made an image of its parent; daemons compare them to believe in the parent."""
    date: dict[str, object] = {}
    if fixture.created is not None:
        date["created"] = fixture.created
    steps: list[dict[str, object]] = [
        date | {"created_by": f"{run} {fixture.key} {name}"} for name in fixture.layers
    ]
    return steps or [date | {"created_by": f"{run} {fixture.key}", "empty_layer": True}]


def _layer(content: str) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        _add(tar, "fixture", content.encode())
    return output.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _reference(tag: str, run: str) -> str:
    plain, with_port = DOMAINS
    name = tag.removeprefix(":5000/")
    return f"{plain if name == tag else with_port}/{run}/{name}"


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() // 1)
