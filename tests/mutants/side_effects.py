"""Servers on which a change to one image changes something else as well."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from muster.model.exchange import Request, Response

from .mutant import Mutant
from .stand_in import NONE_TAG, sha256

Row = dict[str, Any]


class TaggingMutant(Mutant, ABC):
    """Does something more when it gives a tag."""

    kills = "PLANT-CHANGE-ALONE"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().tagged(name, parameters)
        self.more(self.find(f"{parameters['repo']}:{parameters['tag']}"))
        return answer

    @abstractmethod
    def more(self, image: Row) -> None: ...


class TaggingResetsCreated(TaggingMutant):
    """A re-inserted row gets the date of its insertion."""

    def more(self, image: Row) -> None:
        image["Created"] += 1


class TaggingDropsLabels(TaggingMutant):
    def more(self, image: Row) -> None:
        image["Labels"] = None


class TaggingLosesTheParent(TaggingMutant):
    def more(self, image: Row) -> None:
        image["ParentId"] = ""


class TaggingLosesTheSize(TaggingMutant):
    def more(self, image: Row) -> None:
        image["Size"] = image["VirtualSize"] = 0


class TaggingDropsTheFirstOfManyTags(TaggingMutant):
    """A column that holds a few names."""

    def more(self, image: Row) -> None:
        if len(image["RepoTags"]) > 6:
            del image["RepoTags"][0]


class MovingATagTakesItFromOtherRegistriesToo(Mutant):
    """Compares names without their registry."""

    kills = "PLANT-CHANGE-ALONE"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().tagged(name, parameters)
        given = f"{parameters['repo']}:{parameters['tag']}"
        found, bare = self.find(given), given.partition("/")[2]
        for each in self.images:
            if each is not found and each["RepoTags"]:
                kept = [tag for tag in each["RepoTags"] if tag.partition("/")[2] != bare]
                each["RepoTags"] = kept or None
        return answer


class TaggingCopiesTheImage(TaggingMutant):
    """The copy has a different Id, so each Id is still listed once."""

    def more(self, image: Row) -> None:
        copy = sha256(image["Id"].encode())
        if not any(each["Id"] == copy for each in self.images):
            self.images.append(image | {"Id": copy, "RepoTags": None, "RepoDigests": None})


class MovingATagTakesTheLosersLabels(Mutant):
    kills = "PLANT-CHANGE-ALONE"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        tag = f"{parameters['repo']}:{parameters['tag']}"
        losers = [each for each in self.images if tag in (each["RepoTags"] or ())]
        answer = super().tagged(name, parameters)
        for each in losers:
            each["Labels"] = None
        return answer


class UntaggingMutant(Mutant, ABC):
    """Does something more when it removes a name, and the image stays."""

    kills = "PLANT-CHANGE-ALONE"

    def removed(self, name: str) -> Response:
        image = self.find(name)
        answer = super().removed(name)
        if image in self.images and ":" in name:
            self.more(image, name)
        return answer

    @abstractmethod
    def more(self, image: Row, name: str) -> None: ...


class UntaggingTakesTheTagInOtherRegistriesToo(UntaggingMutant):
    """Compares names without their registry."""

    kills = "PLANT-CHANGE-ALONE"

    def more(self, image: Row, name: str) -> None:
        bare = name.partition("/")[2]
        kept = [tag for tag in image["RepoTags"] or () if tag.partition("/")[2] != bare]
        image["RepoTags"] = kept or None


class UntaggingResetsCreated(UntaggingMutant):
    also = frozenset({"PLANT-REMOVE-ALONE"})

    def more(self, image: Row, name: str) -> None:
        image["Created"] -= 3600


class UntaggingSortsTheImageBelowOthers(UntaggingMutant):
    """Writes the row of a neighbour with that of the image."""

    also = frozenset({"PLANT-REMOVE-ALONE"})

    def more(self, image: Row, name: str) -> None:
        position = self.images.index(image)
        self.images[position - 1]["Labels"] = image["Labels"]


class EveryFourthTagTouchesOtherImages(Mutant):
    """A queue of changes that is written back one row off."""

    kills = "PLANT-CHANGE-ALONE"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.changes = 0

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        answer = super().tagged(name, parameters)
        self.changes += 1
        if self.changes % 4 == 0:
            for each in self.images:
                each["Size"] += 1
        return answer


class RemovalDeletesTheChildren(Mutant):
    """A foreign key that cascades."""

    kills = "PLANT-REMOVE-ALONE"

    def removed(self, name: str) -> Response:
        image = self.find(name)
        answer = super().removed(name)
        if not image["RepoTags"]:
            self.images = [each for each in self.images if each["ParentId"] != image["Id"]]
        return answer


class RemovalClearsTheParentOfOthers(Mutant):
    """Clears references to the image even if it was not deleted."""

    kills = "PLANT-REMOVE-ALONE"

    def removed(self, name: str) -> Response:
        image = self.find(name)
        answer = super().removed(name)
        if not image["RepoTags"]:
            for each in self.images:
                if each["ParentId"] == image["Id"]:
                    each["ParentId"] = ""
        return answer


class RemovalByIdTakesAnotherName(Mutant):
    """Untags by the position of the name in a list that has moved on."""

    kills = "PLANT-REMOVE-ALONE"

    def removed(self, name: str) -> Response:
        answer = super().removed(name)
        if name.startswith("sha256:"):
            for each in [each for each in self.images if len(each["RepoTags"] or ()) > 1][-1:]:
                each["RepoTags"] = each["RepoTags"][1:]
        return answer


class RemovalByAShortIdTakesTheNewestToo(Mutant):
    """Deletes by a prefix that was cut to its first digits."""

    kills = "PLANT-REMOVE-ALONE"

    def removed(self, name: str) -> Response:
        answer = super().removed(name)
        if len(name) == 20 and ":" not in name:
            self.images.pop()
        return answer


class RemovalByNameTakesLongerNames(Mutant):
    """Compares with the beginning of names: side/name:1 and side/name:10."""

    kills = "PLANT-REMOVE-ALONE"

    def removed(self, name: str) -> Response:
        answer = super().removed(name)
        if name.endswith("/side/name:1"):
            run = name.removesuffix("/side/name:1")
            self.untag(f"{run}/x:v1v1")
        return answer


class DerivedMutant(Mutant, ABC):
    """Answers some queries with the state before the latest name change."""

    kills = "PLANT-CHANGE-DERIVED"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.before = self.copy()

    def copy(self) -> list[Row]:
        return [dict(each) for each in self.images]

    def change(self, request: Request, path: str, query: str) -> Response:
        if self.keeps(request):
            self.before = self.copy()
        answer = super().change(request, path, query)
        if not self.keeps(request):
            self.before = self.copy()
        return answer

    def keeps(self, request: Request) -> bool:
        """Whether *request* makes the cached state stale."""
        return request.target.endswith("tag=derived")

    @abstractmethod
    def late(self, parameters: dict[str, str]) -> bool: ...

    def listing(self, parameters: dict[str, str]) -> Response:
        if not self.late(parameters):
            return super().listing(parameters)
        images, self.images = self.images, self.before
        try:
            return super().listing(parameters)
        finally:
            self.images = images


class FilterIsLate(DerivedMutant):
    """An index of names that is written after the answer to a change."""

    def late(self, parameters: dict[str, str]) -> bool:
        return "filter" in parameters


class ReferenceIsLate(DerivedMutant):
    version = "1.44"

    def late(self, parameters: dict[str, str]) -> bool:
        return "reference" in parameters.get("filters", "")


class BeforeIsLate(DerivedMutant):
    """Resolves names by a table that changes do not reach."""

    version = "1.44"

    def late(self, parameters: dict[str, str]) -> bool:
        return "before" in parameters.get("filters", "")


class SinceIsLate(DerivedMutant):
    version = "1.44"

    def late(self, parameters: dict[str, str]) -> bool:
        return "since" in parameters.get("filters", "")


class InspectIsLate(DerivedMutant):
    def late(self, parameters: dict[str, str]) -> bool:
        return False

    def inspected(self, name: str) -> Response:
        images, self.images = self.images, self.before
        try:
            return super().inspected(name)
        finally:
            self.images = images


class ConfirmsAnOldEntityTag(Mutant):
    """Its ETag is the number of images."""

    kills = "PLANT-CHANGE-DERIVED"

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if answer is None or request.method != "GET" or "/images/json" not in request.target:
            return answer
        tag = f'"{len(self.images)}"'
        if dict(request.headers).get("If-None-Match") == tag:
            return Response(304, {"etag": tag}, b"")
        return Response(answer.status, {**answer.headers, "etag": tag}, answer.body)


class LoserShowsHalfAPlaceholder(Mutant):
    """Writes <none> among the tags of the image that lost its tag, and no <none> digest."""

    kills = "PLANT-TAG-LAST"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.losers: set[str] = set()

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        tag = f"{parameters['repo']}:{parameters['tag']}"
        losers = [each for each in self.images if tag in (each["RepoTags"] or ())]
        answer = super().tagged(name, parameters)
        self.losers |= {each["Id"] for each in losers if not each["RepoTags"]}
        return answer

    def shown(self, each: Row, parameters: dict[str, str]) -> Row:
        shown = super().shown(each, parameters)
        if each["Id"] in self.losers and not each["RepoTags"]:
            shown |= {"RepoTags": [NONE_TAG], "RepoDigests": None}
        return shown


class UntilIsLate(DerivedMutant):
    version = "1.44"

    def late(self, parameters: dict[str, str]) -> bool:
        return "until" in parameters.get("filters", "")


class RemovedNamesAreTimes(Mutant):
    """Keeps the time of a name when the name goes."""

    kills = "PLANT-CHANGE-DERIVED"
    version = "1.44"

    def __init__(self, version: str = "1.44") -> None:
        super().__init__(version)
        self.times: dict[str, tuple[int, float]] = {}

    def untag(self, name: str) -> None:
        for each in self.images:
            if name in (each["RepoTags"] or ()):
                self.times[name] = self.instant(each)
        super().untag(name)

    def time_of(self, name: str) -> tuple[int, float]:
        if name in self.times and not any(name in self.image_ids(each) for each in self.images):
            return self.times[name]
        return super().time_of(name)


class SomeTagsAreLost(Mutant):
    """A queue of changes that drops one now and then, after it was confirmed."""

    kills = "PLANT-CHANGE-ALONE"
    lost = "alone"
    count = 0

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        self.count += parameters["tag"] == self.lost
        if parameters["tag"] == self.lost and self.count % 5 == 2:
            return Response(201, {}, b"")
        return super().tagged(name, parameters)


class TaggingTakesTheChildren(TaggingMutant):
    """A row that is inserted anew takes another number, to which no child points."""

    def more(self, image: Row) -> None:
        for each in self.images:
            if each["ParentId"] == image["Id"]:
                each["ParentId"] = ""


class MovingATagSwapsDates(Mutant):
    kills = "PLANT-CHANGE-ALONE"

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        tag, winner = f"{parameters['repo']}:{parameters['tag']}", self.find(name)
        losers = [each for each in self.images if tag in (each["RepoTags"] or ())]
        answer = super().tagged(name, parameters)
        for each in losers:
            each["Created"], winner["Created"] = winner["Created"], each["Created"]
        return answer


class UntaggingShrinksTheImage(UntaggingMutant):
    also = frozenset({"PLANT-REMOVE-ALONE"})

    def more(self, image: Row, name: str) -> None:
        image["Size"] = image["VirtualSize"] = max(image["Size"] - 1, 1)
