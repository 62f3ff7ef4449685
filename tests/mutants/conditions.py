"""Servers that are wrong about `dangling` and `label`."""

from __future__ import annotations

import json
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant


class IgnoresDangling(Mutant):
    kills = "LIST-DANGLING-TRUE"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        super().dangling(filters)
        return None


class DanglingFalseListsAll(Mutant):
    """moby PR 17113, there with a misspelt value."""

    kills = "LIST-DANGLING-FALSE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        return super().dangling(filters) or None


class DanglingFalseListsIntermediate(Mutant):
    """podman, with all=1."""

    kills = "LIST-DANGLING-FALSE"

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        if everything and dangling is False and self.has_children(each):
            return True
        return super().listed(each, dangling, everything=everything, by_name=by_name)


class DanglingListsIntermediate(Mutant):
    kills = "LIST-DANGLING-TRUE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def has_children(self, each: dict[str, Any]) -> bool:
        return not self.wanted and super().has_children(each)

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        self.wanted = super().dangling(filters)
        return self.wanted


class TaggedInBothAnswers(Mutant):
    """docker/cli#4159, there with images named by digest."""

    kills = "LIST-DANGLING-SPLIT"
    also = frozenset({"LIST-DANGLING-TRUE"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        if dangling and each["RepoTags"] == ["app:v1"]:
            return True
        return super().listed(each, dangling, everything=everything, by_name=by_name)


class DanglingTakesAnyWord(Mutant):
    """moby#8777."""

    kills = "LIST-DANGLING-VALUE"
    also = frozenset({"LIST-DANGLING-EXACT", "LIST-DANGLING-TRUE"})

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        return "true" in filters["dangling"] if "dangling" in filters else None


class DanglingTakesLooseBooleans(Mutant):
    """podman."""

    kills = "LIST-DANGLING-EXACT"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        values = [value.strip().lower() for value in filters.get("dangling", ())]
        return super().dangling({"dangling": values} if values else filters)


class LabelKeyByPrefix(Mutant):
    kills = "LIST-LABEL-KEY"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        if "=" in condition:
            return super().has_label(labels, condition)
        return any(key.startswith(condition) for key in labels)


class LabelKeyInAnyCase(Mutant):
    kills = "LIST-LABEL-KEY"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        if "=" in condition:
            return super().has_label(labels, condition)
        return condition.lower() in labels


class LabelKeyByPattern(Mutant):
    """podman."""

    kills = "LIST-LABEL-KEY"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        if "=" in condition:
            return super().has_label(labels, condition)
        return any(self.pattern(condition).fullmatch(key) for key in labels)


class LabelIgnoresValue(Mutant):
    kills = "LIST-LABEL-VALUE"
    also = frozenset({"LIST-LABEL-EMPTY-VALUE", "LIST-LABEL-AND"})

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return super().has_label(labels, condition.partition("=")[0])


class LabelSplitsAtLastEquals(Mutant):
    kills = "LIST-LABEL-VALUE"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, _, value = condition.rpartition("=")
        return labels.get(key) == value if key else condition in labels


class LabelEmptyValueMeansAny(Mutant):
    """podman."""

    kills = "LIST-LABEL-EMPTY-VALUE"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return super().has_label(labels, condition.removesuffix("="))


class AnyLabelWillDo(Mutant):
    kills = "LIST-LABEL-AND"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        labels = each["Labels"] or {}
        return not conditions or any(self.has_label(labels, c) for c in conditions)


class OnlyTheFirstLabelCounts(Mutant):
    kills = "LIST-LABEL-AND"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, conditions[:1])


class OnlyTheLastLabelCounts(Mutant):
    kills = "LIST-LABEL-AND"

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return super().labelled(each, conditions[-1:])


class DanglingIsInverted(Mutant):
    """podman#2884, at its command line."""

    kills = "LIST-DANGLING-FALSE"
    also = frozenset({"LIST-DANGLING-TRUE"})

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        wanted = super().dangling(filters)
        return wanted if wanted is None else not wanted


class DanglingNeedsAll(Mutant):
    kills = "LIST-DANGLING-TRUE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        shown = super().listed(each, dangling, everything=everything, by_name=by_name)
        return shown and (dangling is not True or everything)


class DanglingIsAnError(Mutant):
    """docker-mock, and others that have no filters; finch-daemon before 0.9."""

    kills = "LIST-DANGLING-TRUE"

    def known(self, key: str) -> None:
        super().known("unknown" if key == "dangling" else key)


class DigestOnlyIsDangling(Mutant):
    """socktainer#46, there in a client; moby 1.12 and later list it by both."""

    kills = "LIST-DIGEST-ONLY"

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        if dangling is not None and not by_name and each["RepoDigests"] and not each["RepoTags"]:
            return dangling
        return super().listed(each, dangling, everything=everything, by_name=by_name)


class HidesDigestOnlyImages(Mutant):
    """socktainer#46."""

    kills = "LIST-DANGLING-SPLIT"
    also = frozenset({"LIST-ALL-INTERMEDIATE"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        shown = super().listed(each, dangling, everything=everything, by_name=by_name)
        return shown and (everything or by_name or dangling is not None or bool(each["RepoTags"]))


class AnyFilterWillDo(Mutant):
    """containers/common before PR 855."""

    kills = "LIST-CONDITIONS-AND"

    def listing(self, parameters: dict[str, str]) -> Response:
        filters = self.filters(parameters.get("filters", ""))
        self.dangling(filters)
        if len(filters) < 2 or "label" not in filters:
            return super().listing(parameters)
        found: dict[str, dict[str, Any]] = {}
        for key, values in filters.items():
            alone = parameters | {"filters": json.dumps({key: values})}
            found |= {each["Id"]: each for each in super().listing(alone).json()}
        return self.json(self.ordered(list(found.values())))


class DanglingOverridesLabel(Mutant):
    kills = "LIST-CONDITIONS-AND"

    def filters(self, text: str) -> dict[str, list[str]]:
        filters = super().filters(text)
        return {k: v for k, v in filters.items() if k != "label" or "dangling" not in filters}


class FilterOverridesLabel(Mutant):
    kills = "LIST-CONDITIONS-AND"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("filter"):
            self.filters(parameters.get("filters", ""))
            parameters = parameters | {"filters": ""}
        return super().listing(parameters)


class UntilIsForgottenBesideSince(Mutant):
    kills = "LIST-CONDITIONS-AND"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "until"}
        return super().in_time(each, rest if "since" in rest else filters)


class UntilIsForgottenBesideReference(Mutant):
    """Joins another table, and drops the condition on the first one."""

    kills = "LIST-CONDITIONS-AND"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "until"}
        return super().in_time(each, rest if "reference" in rest else filters)


class BothWordsOfDanglingAreFalse(Mutant):
    kills = "LIST-DANGLING-TRUE"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        wanted = super().dangling(filters)
        return False if wanted and "false" in filters["dangling"] else wanted


class TheFirstWordOfDanglingCounts(Mutant):
    kills = "LIST-DANGLING-TRUE"

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        return super().dangling({key: values[:1] for key, values in filters.items()})
