"""Servers that compare labels in another way."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

from .mutant import Mutant


class Compares(Mutant):
    """Compares a condition with the labels of an image in another way."""

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, equals, value = condition.partition("=")
        if equals:
            return any(self.key(k, key) and self.value(v, value) for k, v in labels.items())
        return any(self.key(k, key) for k in labels)

    def key(self, there: str, asked: str) -> bool:
        return there == asked

    def value(self, there: str, asked: str) -> bool:
        return there == asked


class LabelKeyBySuffix(Compares):
    kills = "LIST-LABEL-KEY"

    def key(self, there: str, asked: str) -> bool:
        return there.endswith(asked)


class LabelKeyByPart(Compares):
    """LIKE '%key%'."""

    kills = "LIST-LABEL-KEY"

    def key(self, there: str, asked: str) -> bool:
        return asked in there


class LabelKeyByExpression(Compares):
    kills = "LIST-LABEL-KEY"

    def key(self, there: str, asked: str) -> bool:
        pattern = re.escape(asked).replace(r"\.", ".")
        return re.fullmatch(pattern, there) is not None


class LabelKeyInSql(Compares):
    """LIKE, whose _ and % were not escaped."""

    kills = "LIST-LABEL-KEY"

    def key(self, there: str, asked: str) -> bool:
        pattern = re.escape(asked).replace("_", ".").replace("%", ".*")
        return re.fullmatch(pattern, there) is not None


class LabelKeyIsTrimmed(Compares):
    kills = "LIST-LABEL-KEY"

    def key(self, there: str, asked: str) -> bool:
        return there == asked.strip()


class LabelKeyMatchesValues(Compares):
    kills = "LIST-LABEL-KEY"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return super().has_label(labels, condition) or condition in labels.values()


class LabelsOfTheParent(Mutant):
    """moby#15659, where labels came from another config than those shown."""

    kills = "LIST-LABEL-KEY"
    also = frozenset({"LIST-LABEL-AND", "LIST-LABEL-EMPTY-VALUE"})

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        parents = [other for other in self.images if other["Id"] == each["ParentId"]]
        return super().labelled((parents or [each])[0], conditions)


class LabelsAreNotRead(Mutant):
    """moby PR 45289, with the containerd store: it asked containerd's own labels."""

    kills = "LIST-LABEL-KEY"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return not conditions


class IgnoresLabels(Mutant):
    """classicswarm#1244."""

    kills = "LIST-LABEL-KEY"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return True


class LabelsOfNamedImagesOnly(Mutant):
    kills = "LIST-LABEL-KEY"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, conditions) and (not conditions or bool(each["RepoTags"]))


class WithoutLabelsEveryKeyIsThere(Mutant):
    """Servers that treat images without labels as unknown."""

    kills = "LIST-LABEL-KEY"
    also = frozenset({"LIST-EMPTY"})

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return not labels or super().has_label(labels, condition)


class LabelValueByPrefix(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there.startswith(asked) if asked else not there


class LabelValueBySuffix(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there.endswith(asked) if asked else not there


class LabelValueOfLonger(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return asked.startswith(there) if there else not asked


class LabelValueInAnyCase(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there.casefold() == asked.casefold()


class LabelValueByPattern(Compares):
    """podman."""

    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return self.pattern(asked).fullmatch(there) is not None


class LabelValueIsTrimmed(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there == asked.strip()


class LabelValueIsANumber(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there == asked or (there.isdigit() and asked.isdigit() and int(there) == int(asked))


class LabelValueIsNormalised(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return unicodedata.normalize("NFC", there) == unicodedata.normalize("NFC", asked)


class LabelValueIsUnescaped(Compares):
    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there == html.unescape(asked)


class LabelValueIsDecodedTwice(Compares):
    """A proxy that forwards the query decoded."""

    kills = "LIST-LABEL-VALUE"

    def value(self, there: str, asked: str) -> bool:
        return there == asked.replace("+", " ")


class NotEqualIsANegation(Compares):
    """podman, where != in a value is one."""

    kills = "LIST-LABEL-VALUE"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, negated, value = condition.partition("!=")
        if negated:
            return labels.get(key) != value
        return super().has_label(labels, condition)


class ValuesOfOneKeyAreAlternatives(Mutant):
    kills = "LIST-LABEL-AND"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        labels = each["Labels"] or {}
        keys = {condition.partition("=")[0] for condition in conditions}
        return all(
            any(self.has_label(labels, c) for c in conditions if c.partition("=")[0] == key)
            for key in keys
        )


class TwoLabelsMatchNothing(Mutant):
    """podman#18092, in the list form."""

    kills = "LIST-LABEL-AND"
    also = frozenset({"LIST-FILTERS-FORMS"})

    def filters(self, text: str) -> dict[str, list[str]]:
        filters = super().filters(text)
        if '"label":[' in text and len(filters["label"]) > 1:
            return filters | {"label": ["no such"]}
        return filters


class EmptyValueIsNoValue(Mutant):
    kills = "LIST-LABEL-EMPTY-VALUE"
    also = frozenset({"LIST-LABEL-AND"})

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return not condition.endswith("=") and super().has_label(labels, condition)


class FalseLeavesTheLabelOut(Mutant):
    """Servers that take the map form at its word."""

    kills = "LIST-FILTERS-FALSE"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict):
            value = {
                key: {text: wanted for text, wanted in texts.items() if wanted is not False}
                if isinstance(texts, dict)
                else texts
                for key, texts in value.items()
            }
        return super().form(value)


class NoLabelsWantedMeansNone(Mutant):
    kills = "LIST-FILTERS-NO-VALUES"

    def filters(self, text: str) -> dict[str, list[str]]:
        filters = super().filters(text)
        return filters | {"label": ["no such"]} if filters.get("label") == [] else filters


class TakesTextBehindTheMapForm(Mutant):
    """moby up to 17.09."""

    kills = "LIST-FILTERS-TRAILING"
    version = "1.24"

    def filters(self, text: str) -> dict[str, list[str]]:
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:
            return super().filters(text)
        maps = isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
        return super().filters(json.dumps(value) if maps else text)


class Negates(Mutant):
    """Has label!, as the containerd store of Docker."""

    version = "1.44"

    def known(self, key: str) -> None:
        if key != "label!":
            super().known(key)

    def filters(self, text: str) -> dict[str, list[str]]:
        filters = super().filters(text)
        self.negated = filters.get("label!", [])
        return filters

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        labels = each["Labels"] or {}
        return super().labelled(each, conditions) and not any(
            self.meets(labels, condition) for condition in self.negated
        )

    def meets(self, labels: dict[str, str], condition: str) -> bool:
        return self.has_label(labels, condition)


class NegationNeedsTheKey(Negates):
    """moby#52334 and PR 52338, with the containerd store."""

    kills = "LIST-LABEL-NOT"

    def meets(self, labels: dict[str, str], condition: str) -> bool:
        key = condition.partition("=")[0]
        return key not in labels or super().meets(labels, condition)


class NegationIsIgnored(Negates):
    """moby#50618, with the containerd store, for images with an attestation."""

    kills = "LIST-LABEL-NOT"

    def meets(self, labels: dict[str, str], condition: str) -> bool:
        return False
