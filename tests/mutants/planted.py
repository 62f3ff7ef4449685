"""Servers that are wrong about images that were put there, tagged and removed."""

from __future__ import annotations

from typing import Any

from muster.exchange import Request, Response

from .mutant import Mutant


class HidesLayerlessImages(Mutant):
    """moby PR 45587, with the containerd store."""

    kills = "PLANT-LISTED"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.hidden: set[str] = set()

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        if not entry["Layers"]:
            self.hidden.add(loaded["Id"])
        return loaded

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        shown = super().listed(each, dangling, everything=everything, by_name=by_name)
        return shown and each["Id"] not in self.hidden


class KeepsOneTagAnImage(Mutant):
    kills = "PLANT-TAGS"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        return loaded | {"RepoTags": loaded["RepoTags"] and loaded["RepoTags"][:1]}


class LosesLabels(Mutant):
    """moby#43852."""

    kills = "PLANT-LABELS"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        return super().from_config(entry, config) | {"Labels": None}


class CreatedIsTheTimeOfLoading(Mutant):
    """moby PR 46719."""

    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return 1700000000 if "created" in config else super().date(config)


class NoDateIsTheTimeOfLoading(Mutant):
    """podman."""

    kills = "PLANT-CREATED-NEVER"

    def date(self, config: dict[str, Any]) -> int:
        return super().date(config) if "created" in config else 1700000000


class TagShowsOneListingLate(Mutant):
    kills = "PLANT-TAG"
    also = frozenset({"PLANT-TAG-MOVES", "PLANT-REMOVE"})

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.late: Response | None = None

    def change(self, request: Request, path: str, query: str) -> Response:
        if path != "load":
            self.late = self.listing({"all": "1"})
        return super().change(request, path, query)

    def listing(self, parameters: dict[str, str]) -> Response:
        late, self.late = self.late, None
        return late or super().listing(parameters)


class TagStaysBehind(Mutant):
    kills = "PLANT-TAG-MOVES"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        before = [(each, list(each["RepoTags"] or ())) for each in self.images]
        answer = super().tagged(name, parameters)
        for each, tags in before:
            each["RepoTags"] = sorted({*(each["RepoTags"] or ()), *tags}) or None
        return answer


class RemovedImagesStay(Mutant):
    kills = "PLANT-REMOVE"

    def removed(self, name: str) -> Response:
        found = self.find(name)
        tags = list(found["RepoTags"] or ())
        answer = super().removed(name)
        if found not in self.images:
            self.images.append(found | {"RepoTags": tags or None})
        return answer
