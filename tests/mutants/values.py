"""Servers that read one value of a filter or parameter as another."""

from __future__ import annotations

import json
import re
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import Mistake


class DanglingOneIsFalse(Mutant):
    """Everything but `true` is false to it."""

    kills = "LIST-DANGLING-TRUE"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        return False if filters.get("dangling") == ["1"] else super().dangling(filters)


class DanglingZeroIsTrue(Mutant):
    """A text that is not empty is true in many languages."""

    kills = "LIST-DANGLING-FALSE"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        return True if filters.get("dangling") == ["0"] else super().dangling(filters)


class QuestionMarkCrossesSlashes(Mutant):
    """`?` is any character."""

    kills = "LIST-REFERENCE-PATTERN"
    version = "1.25"

    def as_expression(self, part: str) -> str:
        return "." if part == "?" else super().as_expression(part)


class ClassesNeverMatchASlash(Mutant):
    kills = "LIST-REFERENCE-PATTERN"
    version = "1.25"

    def as_expression(self, part: str) -> str:
        expression = super().as_expression(part)
        return f"(?!/){expression}" if part.startswith("[") else expression


class TwoStarsCrossSlashes(Mutant):
    """As in git and in shells."""

    kills = "LIST-REFERENCE-PATTERN"
    version = "1.25"

    def pattern(self, name: str) -> re.Pattern[str]:
        if "**" in name:
            return re.compile(".*".join(map(re.escape, name.split("**"))))
        return super().pattern(name)


class ReferenceWithDigestMatchesAll(Mutant):
    kills = "LIST-REFERENCE-DIGEST"
    version = "1.25"

    def named(self, reference: str, name: str) -> bool:
        return "@" in name or super().named(reference, name)


class ReferenceWithDigestIgnoresTheDigest(Mutant):
    kills = "LIST-REFERENCE-DIGEST"
    version = "1.25"

    def named(self, reference: str, name: str) -> bool:
        if "@" in name:
            return self.repository(reference) == self.repository(name)
        return super().named(reference, name)


class TakesTenReferences(Mutant):
    """A statement with ten parameters."""

    kills = "LIST-REFERENCE-OR"
    also = frozenset({"LIST-FILTERS-LONG"})
    version = "1.25"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        names = super().names(filters, parameters)
        return names and names[:10]


class SharedSizeExceedsSize(Mutant):
    """Counts a layer once for each image that has it."""

    kills = "LIST-SHARED-SIZE"
    version = "1.42"

    def shared_size(self, each: dict[str, Any]) -> int:
        return super().shared_size(each) * 10


class SharedSizeTakesOneOnly(Mutant):
    """`shared-size=true` means no."""

    kills = "LIST-SHARED-SIZE"
    also = frozenset({"LIST-SHARED-SIZE-SPELLINGS"})
    version = "1.42"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        asked = {"shared-size": "1"} if parameters.get("shared-size") == "1" else {}
        return super().shown(each, asked)


class SharedSizeWhereverItIsNamed(Mutant):
    """Treats `shared-size=0` as true."""

    kills = "LIST-NOT-CALCULATED"
    also = frozenset({"LIST-SHARED-SIZE-SPELLINGS"})
    version = "1.42"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        asked = {"shared-size": "1"} if "shared-size" in parameters else {}
        return super().shown(each, asked)


class DigestsTakesOneOnly(Mutant):
    """Shows `RepoDigests` with `digests=1`, and neither with `True` nor with `true`."""

    kills = "LIST-DIGESTS-SHOWN"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        if parameters.get("digests") != "1":
            del shown["RepoDigests"]
        return shown


class DigestsFalseFindsNothing(Mutant):
    kills = "LIST-DIGESTS"

    def listing(self, parameters: dict[str, str]) -> Response:
        return (
            self.json([]) if parameters.get("digests") == "False" else super().listing(parameters)
        )


class SortsAsAsked(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        rows = json.loads(super().listing(parameters).body)
        return self.json(sorted(rows, key=str) if parameters.get("sort") == "created" else rows)


class PageZeroIsEmpty(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        return self.json([]) if parameters.get("page") == "0" else super().listing(parameters)


class LabelKeyIsNormalised(Mutant):
    """Compares keys of labels after normalisation."""

    kills = "LIST-LABEL-KEY"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[1]["Labels"] = {"\N{LATIN SMALL LETTER A WITH RING ABOVE}ng": "a"}

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, equals, value = condition.partition("=")
        composed = key.replace(
            "a\N{COMBINING RING ABOVE}", "\N{LATIN SMALL LETTER A WITH RING ABOVE}"
        )
        return super().has_label(labels, composed + equals + value)


class OfSeveralTimes(Mutant):
    """Uses only one of several values of `until`."""

    kills = "LIST-UNTIL"
    version = "1.44"
    position = slice(0, 1)

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        return super().in_time(each, filters | {"until": filters.get("until", [])[self.position]})


class TheFirstUntilCounts(OfSeveralTimes):
    pass


class TheLastUntilCounts(OfSeveralTimes):
    position = slice(-1, None)


class UntilIncludesItsInstant(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "until"}
        times = filters.get("until", ())
        return super().in_time(each, rest) and all(
            each["Created"] <= self.moment(text) for text in times
        )


class BeforeIncludesTheSameInstant(Mutant):
    """Compares with `<=`, and leaves out the image that is named."""

    kills = "LIST-BEFORE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "before"}
        return super().in_time(each, rest) and all(
            self.instant(each) <= self.time_of(name) and name not in self.image_ids(each)
            for name in filters.get("before", ())
        )


class SinceIncludesTheSameInstant(Mutant):
    kills = "LIST-SINCE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "since"}
        return super().in_time(each, rest) and all(
            self.instant(each) >= self.time_of(name) and name not in self.image_ids(each)
            for name in filters.get("since", ())
        )


class DayIsItsEnd(Mutant):
    """`until=2016-01-01` takes in that day."""

    kills = "LIST-UNTIL-SPELLINGS"
    version = "1.44"

    def moment(self, text: str) -> float:
        return super().moment(text) + (86399 if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else 0)


class HourIsItsEnd(Mutant):
    kills = "LIST-UNTIL-SPELLINGS"
    version = "1.44"

    def moment(self, text: str) -> float:
        return super().moment(text) + (3599 if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text) else 0)


class RefusesDaysWithAZone(Mutant):
    kills = "LIST-UNTIL-SPELLINGS"
    version = "1.44"

    def moment(self, text: str) -> float:
        if re.fullmatch(r"\d{4}-\d\d-\d\dZ", text):
            raise Mistake(f"invalid value for 'until' filter: {text}")
        return super().moment(text)


class NegatesAllOrNothing(Mutant):
    """Of two negated labels an image must have both to be left out."""

    kills = "LIST-LABEL-NOT"
    version = "1.44"

    def known(self, key: str) -> None:
        super().known("label" if key == "label!" else key)

    def listing(self, parameters: dict[str, str]) -> Response:
        negated = self.filters(parameters.get("filters", "")).get("label!", [])
        rows = json.loads(super().listing(parameters).body)
        return self.json([row for row in rows if not (negated and self.labelled(row, negated))])
