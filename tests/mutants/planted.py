"""Servers that are wrong about images that were put there, tagged and removed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from muster.exchange import Request, Response

from .mutant import Mutant

SELDOM = 4
"""Changes that are made before another one shows the fault."""


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
    also = frozenset(
        {"PLANT-TAG-MOVES", "PLANT-TAG-LAST", "PLANT-UNTAG", "PLANT-REMOVE", "PLANT-REMOVE-ID"}
    )

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
    also = frozenset({"PLANT-TAG-LAST"})

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        before = [(each, list(each["RepoTags"] or ())) for each in self.images]
        answer = super().tagged(name, parameters)
        for each, tags in before:
            each["RepoTags"] = sorted({*(each["RepoTags"] or ()), *tags}) or None
        return answer


class RemovedImagesStay(Mutant):
    kills = "PLANT-REMOVE"
    also = frozenset({"PLANT-REMOVE-ID"})

    def removed(self, name: str) -> Response:
        found = self.find(name)
        tags = list(found["RepoTags"] or ())
        answer = super().removed(name)
        if found not in self.images:
            self.images.append(found | {"RepoTags": tags or None})
        return answer


class ForgetsTheImageThatLostItsTag(Mutant):
    kills = "PLANT-TAG-LAST"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        named = [each for each in self.images if each["RepoTags"]]
        answer = super().tagged(name, parameters)
        self.images = [each for each in self.images if each["RepoTags"] or each not in named]
        return answer


class UntaggingTakesEveryTag(Mutant):
    kills = "PLANT-UNTAG"

    def removed(self, name: str) -> Response:
        found = self.find(name)
        answer = super().removed(name)
        found["RepoTags"] = None
        return answer


class RemovedByIdIsOnlyUntagged(Mutant):
    kills = "PLANT-REMOVE-ID"

    def forget(self, each: dict[str, Any]) -> None:
        if not self.by_id:
            super().forget(each)

    by_id = False

    def removed(self, name: str) -> Response:
        self.by_id = name.startswith("sha256:")
        return super().removed(name)


class WritesARowInTwoSteps(Mutant):
    """Deletes and inserts it: a listing in between lacks the image."""

    kills = "PLANT-CONCURRENT-TAG"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.given: Counter[str] = Counter()
        self.away: dict[str, Any] | None = None

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().tagged(name, parameters)
        self.given[parameters["tag"]] += 1
        if self.given[parameters["tag"]] > SELDOM:
            self.away = self.find(name)
        return answer

    def listing(self, parameters: dict[str, str]) -> Response:
        images, away = self.images, self.away
        self.images, self.away = [each for each in images if each is not away], None
        try:
            return super().listing(parameters)
        finally:
            self.images = images


class FailsWhereALayerIsGone(Mutant):
    """moby#31350, up to 17.04; podman 4.3."""

    kills = "PLANT-CONCURRENT-REMOVE"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.gone = 0
        self.missed = False

    def forget(self, each: dict[str, Any]) -> None:
        super().forget(each)
        self.gone += 1
        self.missed = self.gone > SELDOM

    def listing(self, parameters: dict[str, str]) -> Response:
        if self.missed:
            self.missed = False
            return self.error(500, "layer does not exist")
        return super().listing(parameters)


class CutsOffAt256(Mutant):
    kills = "PLANT-MANY"
    also = frozenset({"PLANT-LISTED"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[:256]


class CutsOffAt100(Mutant):
    kills = "PLANT-MANY"
    also = frozenset({"PLANT-LISTED"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[:100]
