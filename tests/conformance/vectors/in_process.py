"""Servers in memory that hold a catalogue of the vectors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from muster.model.exchange import Request, Response
from muster.model.version import ApiVersion
from muster.vectors import build
from muster.vectors.catalogues import PLATFORMS, catalogues
from muster.vectors.judge import ListFunction, judge
from muster.vectors.vector import CatalogueImage, Vector
from tests.mutants.stand_in import StandIn

NEVER = -62135596800


@cache
def vectors() -> tuple[Vector, ...]:
    return tuple(each for topic in build.topics() for each in topic.vectors)


def load(server: StandIn, images: tuple[CatalogueImage, ...]) -> None:
    """Give *server* the images of a catalogue."""
    server.layers = {image.id: [layer.digest for layer in image.layers] for image in images}
    server.images = [
        {
            "Id": image.id,
            "ParentId": image.parent,
            "RepoTags": list(image.tags) or None,
            "RepoDigests": list(image.digests) or None,
            "Created": NEVER if image.created is None else image.created,
            "Size": image.size,
            "VirtualSize": image.size,
            "Labels": image.labels,
            "Containers": image.containers,
        }
        for image in images
    ]


class WithManifests(StandIn):
    """Keeps the manifests of images."""

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        manifests = shown.pop("manifests")
        if self.minor >= 47 and self.truth(parameters.get("manifests", "")):
            shown["Manifests"] = manifests
        return shown


def load_platforms(server: StandIn) -> None:
    load(server, PLATFORMS)
    for each, image in zip(server.images, PLATFORMS, strict=True):
        each["manifests"] = [
            {"ID": m.digest, "Kind": m.kind, "Available": m.available} for m in image.manifests
        ]


def departures(server: type[StandIn], version: str) -> Iterator[tuple[Vector, str]]:
    """Yield the vectors of API *version* that *server* does not meet, and how it departs."""
    for name, images in catalogues().items():
        if name == "platforms":
            continue
        chosen = [
            v for v in vectors() if v.catalogue == name and v.holds_at(ApiVersion.parse(version))
        ]
        made = server(version)
        load(made, images)
        for vector in chosen:
            if problem := judge(vector, images, asking(made)):
                yield vector, problem


def asking(server: StandIn) -> ListFunction:
    """Return the list function of *server*."""
    return lambda query: server.answer(Request(f"/images/json?{query}")) or Response(599, {}, b"")
