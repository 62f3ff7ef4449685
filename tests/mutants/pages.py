"""Servers that limit the number of listed images."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import image


class PageMutant(Mutant, ABC):
    """Stores more images than it lists."""

    kills = "LIST-COMPLETE"
    also = frozenset({"LIST-ALL-ADDS"})
    length = 100
    beyond = 30

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images += [
            image(
                f"many{n}",
                1300000000 - 60 * n,
                RepoTags=[f"many/x:{n}"] if n % 3 else None,
                Labels={"many": "yes"},
            )
            for n in range(self.length + self.beyond - len(self.images))
        ]
        self.images.sort(key=lambda each: -int(each["Created"]))

    def listing(self, parameters: dict[str, str]) -> Response:
        rows = json.loads(super().listing(parameters).body)
        return self.json(rows[: self.length] if self.ends(parameters) else rows)

    @abstractmethod
    def ends(self, parameters: dict[str, str]) -> bool: ...


class EveryListingEnds(PageMutant):
    def ends(self, parameters: dict[str, str]) -> bool:
        return True


class ListingsEndAtFifty(EveryListingEnds):
    version = "1.44"
    length = 50


class ListingsEndOneBeforeTheLast(EveryListingEnds):
    """101 images, and pages of a hundred."""

    version = "1.25"
    beyond = 1


class TheFullListingEnds(PageMutant):
    """Truncates only unfiltered listings."""

    def ends(self, parameters: dict[str, str]) -> bool:
        return not self.filters(parameters.get("filters", ""))


class FilteredListingsEnd(PageMutant):
    length = 20
    beyond = 60

    def ends(self, parameters: dict[str, str]) -> bool:
        return bool(self.filters(parameters.get("filters", "")))


class ThePlainListingEnds(PageMutant):
    kills = "LIST-ALL-INTERMEDIATE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def ends(self, parameters: dict[str, str]) -> bool:
        whole = self.truth(parameters.get("all", ""))
        return not whole and not self.filters(parameters.get("filters", ""))


class TheLastImageIsOnEveryPage(Mutant):
    """Repeats the row at the end of a page."""

    kills = "LIST-ID-UNIQUE"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = super().ordered(images)
        return [*rows[:4], *rows[3:]] if len(rows) > 4 else rows


class CutsBeforeItFilters(Mutant, ABC):
    """Reads so many images, and filters these."""

    kills = "LIST-COMPLETE"
    version = "1.44"
    page = 5

    def read(self, each: dict[str, Any]) -> bool:
        return any(each["Id"] == one["Id"] for one in self.ordered(self.images)[: self.page])


class CutsBeforeItFiltersLabels(CutsBeforeItFilters):
    kills = "LIST-LABEL-KEY"
    also = frozenset({"LIST-COMPLETE"})

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, conditions) and (not conditions or self.read(each))


class CutsBeforeItFiltersNames(CutsBeforeItFilters):
    kills = "LIST-REFERENCE-NAME"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return super().narrowed(each, names if self.read(each) else [])


class CutsBeforeItFiltersDangling(CutsBeforeItFilters):
    kills = "LIST-DANGLING-SPLIT"
    also = frozenset({"LIST-DANGLING-FALSE"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        listed = super().listed(each, dangling, everything=everything, by_name=by_name)
        return listed and (dangling is None or self.read(each))


class CutsBeforeItFiltersTimes(CutsBeforeItFilters):
    kills = "LIST-BEFORE"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        asked = {"before", "since", "until"} & filters.keys()
        return super().in_time(each, filters) and (not asked or self.read(each))


class CutsBeforeAnyFilter(CutsBeforeItFilters):
    also = frozenset({"LIST-SINCE", "LIST-TIMES-AND"})
    page = 7

    def listing(self, parameters: dict[str, str]) -> Response:
        images = self.images
        if self.filters(parameters.get("filters", "")):
            self.images = self.ordered(images)[: self.page]
        try:
            return super().listing(parameters)
        finally:
            self.images = images
