"""Servers on which reading changes what is read afterwards."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant

Row = dict[str, Any]


class ReadMutant(Mutant, ABC):
    """Changes its images when it lists them."""

    kills = "LIST-REPEATABLE"
    version = "1.44"

    def listing(self, parameters: dict[str, str]) -> Response:
        answer = super().listing(parameters)
        listed = {each["Id"] for each in json.loads(answer.body)}
        filters = self.filters(parameters.get("filters", ""))
        self.after(parameters, filters, [each for each in self.images if each["Id"] in listed])
        return answer

    @abstractmethod
    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None: ...


class ReadingByNameNarrowsTheStore(ReadMutant):
    """Narrows the tags of an image in place."""

    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None:
        names = filters.get("reference", ())
        for each in listed:
            kept = [tag for tag in each["RepoTags"] or () if tag in names]
            each["RepoTags"] = kept or each["RepoTags"]


class FilteringReversesTags(ReadMutant):
    """Go sorts the slice that it is given."""

    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None:
        if "reference" in filters:
            for each in listed:
                each["RepoTags"] = each["RepoTags"] and each["RepoTags"][::-1]


class AppendsToASharedSlice(ReadMutant):
    """Go appends to the slice of another one where its capacity allows."""

    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None:
        if filters.get("dangling") == ["false"]:
            for each in listed[:1]:
                tags = each["RepoTags"] or []
                each["RepoTags"] = [*tags, f"shared:{len(tags)}"]


class DanglingDropsLabels(ReadMutant):
    """Frees what it takes for garbage."""

    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None:
        if filters.get("dangling") == ["true"]:
            for each in listed:
                each["Labels"] = None


class NoMatchDropsALabel(ReadMutant):
    """Compares labels by taking them out of a map that is not a copy."""

    def after(
        self, parameters: dict[str, str], filters: dict[str, list[str]], listed: list[Row]
    ) -> None:
        if len(filters.get("label", ())) > 1 and not listed:
            for each in [each for each in self.images if each["Labels"]][:1]:
                each["Labels"] = dict(list(each["Labels"].items())[:-1])


class InspectingTouchesCreated(Mutant):
    """Keeps the time of the last use in the wrong column."""

    kills = "LIST-REPEATABLE"

    def inspected(self, name: str) -> Response:
        answer = super().inspected(name)
        for each in self.images:
            if name in self.image_ids(each):
                each["Created"] += 1
        return answer


class SharedSizeSticks(Mutant):
    """An option that is kept for the next listing without one."""

    kills = "LIST-REPEATABLE"
    version = "1.44"
    kept = ""

    def listing(self, parameters: dict[str, str]) -> Response:
        if "shared-size" in parameters:
            self.kept = parameters["shared-size"]
        elif "filters" not in parameters:
            parameters = {**parameters, "shared-size": self.kept}
            self.kept = ""
        return super().listing(parameters)
