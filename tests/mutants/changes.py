"""Servers that are wrong about images that are tagged, untagged and removed."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from muster.model.exchange import Request, Response

from .mutant import Mutant

SELDOM = 4
"""Changes that are made before another one shows the fault."""


class TagShowsOneListingLate(Mutant):
    kills = "PLANT-TAG"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.late: Response | None = None

    def change(self, request: Request, path: str, query: str) -> Response:
        if path not in {"load", "json"}:
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
    also = frozenset({"PLANT-CHANGE-ALONE", "PLANT-CHANGE-DERIVED"})

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


class MovesATagInTwoSteps(Mutant):
    """Takes a tag away before it gives it: a listing in between shows it nowhere."""

    kills = "PLANT-CONCURRENT-MOVE"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.moved: Counter[str] = Counter()
        self.between = ""

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        tag = f"{parameters['repo']}:{parameters['tag']}"
        moves = any(tag in (each["RepoTags"] or ()) for each in self.images)
        self.moved[tag] += moves
        self.between = tag if moves and self.moved[tag] > SELDOM else ""
        return super().tagged(name, parameters)

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        kept = [tag for tag in each["RepoTags"] or () if tag != self.between]
        return super().shown(each | {"RepoTags": kept or None}, parameters)

    def listing(self, parameters: dict[str, str]) -> Response:
        answer = super().listing(parameters)
        self.between = ""
        return answer


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
        # Not before the images that are removed while others list.
        self.missed = self.gone > SELDOM + 2

    def listing(self, parameters: dict[str, str]) -> Response:
        time.sleep(0.003)  # Slower than a removal, so that some listings come behind several.
        if self.missed:
            self.missed = False
            return self.error(500, "layer does not exist")
        return super().listing(parameters)


class Caches(Mutant):
    """Keeps answers to some queries for ever."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.kept: dict[str, Response] = {}

    def listing(self, parameters: dict[str, str]) -> Response:
        if not self.keeps(parameters):
            return super().listing(parameters)
        key = str(sorted(parameters.items()))
        if key not in self.kept:
            self.kept[key] = super().listing(parameters)
        return self.kept[key]

    def keeps(self, parameters: dict[str, str]) -> bool:
        raise NotImplementedError


class PlainListingIsKept(Caches):
    kills = "PLANT-TAG"

    def keeps(self, parameters: dict[str, str]) -> bool:
        return not parameters


class ListingsByNameAreKept(Caches):
    kills = "PLANT-TAG-FILTERED"
    also = frozenset({"PLANT-CHANGE-DERIVED"})

    def keeps(self, parameters: dict[str, str]) -> bool:
        return "filter" in parameters


class FilteredListingsAreKept(Caches):
    """Reuse of answers that looks at the images, and not at their names."""

    kills = "PLANT-TAG-FILTERED"
    also = frozenset({"PLANT-TAG-INTERMEDIATE"})

    def keeps(self, parameters: dict[str, str]) -> bool:
        return "dangling" in parameters.get("filters", "") and "false" in parameters["filters"]


class ListingsWithDigestsAreKept(Caches):
    kills = "PLANT-TAG-FILTERED"

    def keeps(self, parameters: dict[str, str]) -> bool:
        return "digests" in parameters


class IntermediateStaysHidden(Mutant):
    """Servers that decide when they load."""

    kills = "PLANT-TAG-INTERMEDIATE"

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        shown = super().listed(each, dangling, everything=everything, by_name=by_name)
        late = (each["RepoTags"] or [""])[0].endswith(":intermediate")
        return shown and (everything or not late)


class UntaggingDoesNothing(Mutant):
    """Servers that have images only, and remove them as a whole."""

    kills = "PLANT-UNTAG"

    def removed(self, name: str) -> Response:
        found = self.find(name)
        several = len(found["RepoTags"] or ()) > 1 and name in found["RepoTags"]
        return self.json([]) if several else super().removed(name)


class RemovingTakesNamesakes(Mutant):
    """Removes by repository, not by tag."""

    kills = "PLANT-UNTAG"

    def removed(self, name: str) -> Response:
        found = self.find(name)
        names = [
            tag
            for tag in found["RepoTags"] or ()
            if self.repository(tag) == self.repository(name) and name != found["Id"]
        ]
        answer = super().removed(name)
        if found in self.images:
            for each in names:
                self.untag(each)
        return answer


class RemembersChildrenThatAreGone(Mutant):
    """Marks an image as a parent when a child comes, and never takes the mark away."""

    kills = "PLANT-TAG-LAST"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.parents: set[str] = set()

    def has_children(self, each: dict[str, Any]) -> bool:
        self.parents.update(other["ParentId"] for other in self.images)
        return each["Id"] in self.parents


class UntaggingTakesLongerTags(Mutant):
    """`WHERE name LIKE 'repository:tag%'`."""

    kills = "PLANT-REMOVE-ALONE"

    def untag(self, name: str) -> None:
        longer = [tag for each in self.images for tag in each["RepoTags"] or ()]
        for tag in (each for each in longer if each.startswith(name)):
            super().untag(tag)
        super().untag(name)


class RemovedMutant(Mutant):
    """Keeps removed images somewhere."""

    kills = "PLANT-REMOVE"
    also = frozenset({"PLANT-REMOVE-ID"})

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.kept: list[dict[str, Any]] = []

    def forget(self, each: dict[str, Any]) -> None:
        self.kept.append(dict(each))
        super().forget(each)


class RemovedImagesStayInTheIndexOfLabels(RemovedMutant):
    def listing(self, parameters: dict[str, str]) -> Response:
        if "label" not in self.filters(parameters.get("filters", "")):
            return super().listing(parameters)
        images, self.images = self.images, [*self.images, *self.kept]
        try:
            return super().listing(parameters)
        finally:
            self.images = images


class RemovedImagesAreInspected(RemovedMutant):
    def inspected(self, name: str) -> Response:
        for each in self.kept:
            if name in {each["Id"], each["Id"].removeprefix("sha256:")}:
                return self.json(self.details(each))
        return super().inspected(name)


class TagsAreGivenInLowerCase(Mutant):
    kills = "PLANT-TAG"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        return super().tagged(name, {**parameters, "tag": parameters["tag"].lower()})
