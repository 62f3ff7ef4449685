"""Servers with faults in filters with many or nearly empty values."""

from __future__ import annotations

from typing import Any

from muster.model.exchange import Request, Response

from .mutant import Mutant

TARGET = 8192
"""Octets after which a hand-written parser stops."""


class CutsLongFilters(Mutant):
    """Reads a fixed number of values."""

    kills = "LIST-FILTERS-LONG"

    def filters(self, text: str) -> dict[str, list[str]]:
        return {key: values[:100] for key, values in super().filters(text).items()}


class IgnoresLongFilters(Mutant):
    """A buffer that is too small leaves the parameter empty."""

    kills = "LIST-FILTERS-LONG"

    def filters(self, text: str) -> dict[str, list[str]]:
        return super().filters("" if len(text) > TARGET else text)


class FailsOnLongFilters(Mutant):
    kills = "LIST-FILTERS-LONG"

    def answer(self, request: Request) -> Response | None:
        if len(request.target) > TARGET:
            return self.error(500, "internal error")
        return super().answer(request)


class AnswersNothingToLongFilters(Mutant):
    kills = "LIST-FILTERS-LONG"

    def listing(self, parameters: dict[str, str]) -> Response:
        if len(parameters.get("filters", "")) > 2000:
            return self.json([])
        return super().listing(parameters)


class CutsLongReferenceLists(Mutant):
    """A condition in SQL with a limited number of parameters."""

    kills = "LIST-FILTERS-LONG"
    version = "1.44"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return super().narrowed(each, names[:50])


class TakesTheFirstLabelsOnly(Mutant):
    """Three conditions fit its query."""

    kills = "LIST-LABEL-ALL"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, list(dict.fromkeys(conditions))[:3])


class ListsNothingForManyLabels(Mutant):
    kills = "LIST-LABEL-ALL"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return len(set(conditions)) < 4 and super().labelled(each, conditions)


class EmptyLabelFiltersNothing(Mutant):
    kills = "LIST-LABEL-NO-KEY"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, [condition for condition in conditions if condition])


class LabelWithoutAKeyFiltersNothing(Mutant):
    """Splits labels at "=" and drops those without a key."""

    kills = "LIST-LABEL-NO-KEY"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, [each for each in conditions if not each.startswith("=")])


class LabelWithoutAKeyMatchesAnyKey(Mutant):
    kills = "LIST-LABEL-NO-KEY"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        if condition.startswith("="):
            return bool(labels)
        return super().has_label(labels, condition)
