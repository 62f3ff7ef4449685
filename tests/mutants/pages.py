"""Servers that list so many images and no more."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import image


class PageMutant(Mutant, ABC):
    """Holds more images than it lists at once."""

    kills = "LIST-COMPLETE"
    also = frozenset({"LIST-ALL-ADDS"})
    size = 100
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
            for n in range(self.size + self.beyond - len(self.images))
        ]
        self.images.sort(key=lambda each: -int(each["Created"]))

    def listing(self, parameters: dict[str, str]) -> Response:
        rows = json.loads(super().listing(parameters).body)
        return self.json(rows[: self.size] if self.ends(parameters) else rows)

    @abstractmethod
    def ends(self, parameters: dict[str, str]) -> bool: ...


class EveryListingEnds(PageMutant):
    def ends(self, parameters: dict[str, str]) -> bool:
        return True


class ListingsEndAtFifty(EveryListingEnds):
    version = "1.44"
    size = 50


class ListingsEndOneBeforeTheLast(EveryListingEnds):
    """101 images, and pages of a hundred."""

    version = "1.25"
    beyond = 1


class TheFullListingEnds(PageMutant):
    """What is filtered is not cut."""

    def ends(self, parameters: dict[str, str]) -> bool:
        return not self.filters(parameters.get("filters", ""))


class FilteredListingsEnd(PageMutant):
    also = frozenset(
        {
            "LIST-CONDITIONS-AND",
            "LIST-DANGLING-FALSE",
            "LIST-DANGLING-SPLIT",
            "LIST-DANGLING-TRUE",
            "LIST-LABEL-KEY",
            "LIST-LABEL-VALUE",
        }
    )
    size = 20
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
