"""Servers with one fault each; the name of a class says what it does wrong.

`kills` is the requirement that must notice; `also` are others that cannot but notice too. Where
the fault is one that a server had in public, the docstring names it.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any, ClassVar

from muster.exchange import Request, Response

from .stand_in import DIGEST, NONE_TAG, Mistake, StandIn, asked


class Mutant(StandIn):
    kills: ClassVar[str]
    also: ClassVar[frozenset[str]] = frozenset()


class NullForNothing(Mutant):
    kills = "LIST-EMPTY"

    def json(self, value: Any) -> Response:
        return super().json(value or None)


class SendsText(Mutant):
    kills = "LIST-ANSWER"

    def json(self, value: Any) -> Response:
        answer = super().json(value)
        return Response(200, {"content-type": "text/plain"}, answer.body)


class WrapsTheList(Mutant):
    kills = "LIST-ANSWER"
    also = frozenset({"LIST-EMPTY", "HTTP-UNVERSIONED"})

    def ordered(self, images: list[dict[str, Any]]) -> Any:
        return {"images": super().ordered(images)}


class CreatedIsText(Mutant):
    """moby PR 11706."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-ORDER"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Created": str(each["Created"])}

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return images


class LeavesOutVirtualSize(Mutant):
    """moby 29.0 at old versions."""

    kills = "LIST-SCHEMA"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return {key: value for key, value in shown.items() if key != "VirtualSize"}


class SizeIsMinusOne(Mutant):
    """moby#30027."""

    kills = "LIST-SCHEMA"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Size": -1}


class DigestWithoutRepository(Mutant):
    """moby, with the containerd store, for an image without a platform of its own."""

    kills = "LIST-SCHEMA"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown if shown["RepoTags"] else shown | {"RepoDigests": [DIGEST]}


class OneOfSeveralLabelsByTurn(Mutant):
    """moby#38164, there with reference and at random."""

    kills = "LIST-REPEATABLE"
    also = frozenset({"LIST-LABEL-AND", "LIST-FILTERS-FORMS"})

    def __init__(self) -> None:
        super().__init__()
        self.turn = count()

    def listing(self, parameters: dict[str, str]) -> Response:
        self.now = next(self.turn)
        return super().listing(parameters)

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        chosen = conditions[self.now % len(conditions) :][:1] if conditions else []
        return super().labelled(each, chosen)


class OldestFirst(Mutant):
    kills = "LIST-ORDER"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[::-1]


class OneEntryPerTag(Mutant):
    """moby a0bba26919, before 25.0, with the containerd store."""

    kills = "LIST-ID-UNIQUE"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            each | {"RepoTags": tag and [tag]}
            for each in super().ordered(images)
            for tag in each["RepoTags"] or [None]
        ]


class OneTagOnTwoImages(Mutant):
    kills = "LIST-REFERENCE-UNIQUE"

    def __init__(self) -> None:
        super().__init__()
        self.images[2]["RepoTags"].append("app:v1")


class PlaceholderBesideTags(Mutant):
    kills = "LIST-PLACEHOLDER"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoDigests": shown["RepoDigests"] or ["<none>@<none>"]}


class SizeDependsOnFilters(Mutant):
    """moby PR 42550, there with SharedSize."""

    kills = "LIST-SAME-FIELDS"
    also = frozenset({"LIST-FILTERS-EMPTY"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"Size": 0} if parameters.get("filters") else shown


class AllLeavesOutTagged(Mutant):
    kills = "LIST-ALL-ADDS"
    also = frozenset({"LIST-ALL-INTERMEDIATE", "LIST-DANGLING-FALSE", "LIST-DANGLING-TRUE"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        hidden = everything and not name and dangling is None and each["RepoTags"] == ["app:v1"]
        return not hidden and super().listed(each, dangling, name, everything=everything)


class AlwaysListsIntermediate(Mutant):
    kills = "LIST-ALL-INTERMEDIATE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        return super().listed(each, dangling, name, everything=True)


class HidesUntaggedLeaves(Mutant):
    kills = "LIST-ALL-INTERMEDIATE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        untagged = not each["RepoTags"] and not each["RepoDigests"]
        if untagged and dangling is None and not everything:
            return False
        return super().listed(each, dangling, name, everything=everything)


class AllTakesOneOnly(Mutant):
    kills = "LIST-ALL-SPELLINGS"

    def truth(self, text: str) -> bool:
        return text == "1"


class AllRejectsOtherTexts(Mutant):
    """podman."""

    kills = "LIST-ALL-TRUTHINESS"

    def truth(self, text: str) -> bool:
        if text.lower() not in {"", "0", "1", "true", "false"}:
            raise Mistake("all must be a boolean")
        return super().truth(text)


class DigestsAnswersEmpty(Mutant):
    """podman#29210."""

    kills = "LIST-DIGESTS"

    def listing(self, parameters: dict[str, str]) -> Response:
        if self.truth(parameters.get("digests", "")):
            return Response(200, {}, b"")
        return super().listing(parameters)


class DigestsHidesTheDigestless(Mutant):
    kills = "LIST-DIGESTS"

    def listed(
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        return super().listed(each, dangling, name, everything=everything) and (
            not self.digests or bool(each["RepoDigests"])
        )

    def listing(self, parameters: dict[str, str]) -> Response:
        self.digests = self.truth(parameters.get("digests", ""))
        return super().listing(parameters)


class NeverShowsDigests(Mutant):
    kills = "LIST-DIGESTS-SHOWN"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        del shown["RepoDigests"]
        return shown


class IgnoresDangling(Mutant):
    kills = "LIST-DANGLING-TRUE"
    also = frozenset({"LIST-DANGLING-SPLIT", "LIST-DANGLING-FALSE", "LIST-CONDITIONS-AND"})

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
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        if everything and dangling is False and self.has_children(each):
            return True
        return super().listed(each, dangling, name, everything=everything)


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
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        if dangling and each["RepoTags"] == ["app:v1"]:
            return True
        return super().listed(each, dangling, name, everything=everything)


class DanglingTakesAnyWord(Mutant):
    """moby#8777."""

    kills = "LIST-DANGLING-VALUE"

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
    also = frozenset({"LIST-LABEL-AND", "LIST-FILTERS-FORMS", "LIST-CONDITIONS-AND"})

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, _, value = condition.rpartition("=")
        return labels.get(key) == value if key else condition in labels


class LabelEmptyValueMeansAny(Mutant):
    """podman."""

    kills = "LIST-LABEL-EMPTY-VALUE"

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        return super().has_label(labels, condition.removesuffix("="))

    also = frozenset({"LIST-LABEL-AND"})


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


class IgnoresTheMapForm(Mutant):
    kills = "LIST-FILTERS-FORMS"
    also = frozenset({"LIST-FILTERS-UNKNOWN"})

    def form(self, value: Any) -> dict[str, list[str]]:
        filters = super().form(value)
        maps = isinstance(value, dict) and any(isinstance(v, dict) for v in value.values())
        return {} if maps else filters


class EmptyFiltersAreAnError(Mutant):
    """podman."""

    kills = "LIST-FILTERS-EMPTY"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("filters") == "":
            raise Mistake("unexpected end of JSON input")
        return super().listing(parameters)


class IgnoresMalformedFilters(Mutant):
    kills = "LIST-FILTERS-MALFORMED"

    def filters(self, text: str) -> dict[str, list[str]]:
        try:
            return super().filters(text)
        except Mistake as mistake:
            if str(mistake).startswith("Invalid filter"):
                raise
            return {}


class TakesMixedForms(Mutant):
    kills = "LIST-FILTERS-MALFORMED"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict) and all(isinstance(v, list | dict) for v in value.values()):
            return {key: [str(text) for text in texts] for key, texts in value.items()}
        return super().form(value)


class IgnoresUnknownFilters(Mutant):
    """moby before 1.5."""

    kills = "LIST-FILTERS-UNKNOWN"

    def known(self, key: str) -> None:
        """Take every key."""


class FilterKeysInAnyCase(Mutant):
    kills = "LIST-FILTERS-UNKNOWN"

    def known(self, key: str) -> None:
        super().known(key.lower())


class FilterOverridesLabel(Mutant):
    kills = "LIST-CONDITIONS-AND"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("filter"):
            self.filters(parameters.get("filters", ""))
            parameters = parameters | {"filters": ""}
        return super().listing(parameters)


class IgnoresFilter(Mutant):
    """moby from API 1.41 on; podman#6797."""

    kills = "LIST-FILTER-NAME"
    also = frozenset(
        {"LIST-EMPTY", "LIST-FILTER-TAG", "LIST-FILTER-NARROWS", "LIST-CONDITIONS-AND"}
    )

    def listing(self, parameters: dict[str, str]) -> Response:
        return super().listing(parameters | {"filter": ""})


class FilterByPrefix(Mutant):
    kills = "LIST-FILTER-NAME"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (not tagged and reference.startswith(name))


class FilterByLastComponent(Mutant):
    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        return super().named(reference, name) or super().named(reference.rpartition("/")[2], name)


class FilterBreaksOnPorts(Mutant):
    """moby#18181."""

    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-TAG", "LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        return super().named(
            reference, name.partition(":")[0] if ":" in name.partition("/")[0] else name
        )


class TagBySubstring(Mutant):
    """moby PR 13501, in 1.9."""

    kills = "LIST-FILTER-TAG"
    also = frozenset({"LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (tagged and reference.startswith(name))


class ShowsEveryTag(Mutant):
    """podman."""

    kills = "LIST-FILTER-NARROWS"

    def narrowed(self, each: dict[str, Any], name: str) -> dict[str, Any]:
        kept = super().narrowed(each, name)
        return each if kept["RepoTags"] or kept["RepoDigests"] else kept


class StarCrossesSlashes(Mutant):
    """podman."""

    kills = "LIST-FILTER-PATTERN"

    def pattern(self, name: str) -> re.Pattern[str]:
        return re.compile(super().pattern(name).pattern.replace("[^/]*", ".*"))


class NoPatterns(Mutant):
    kills = "LIST-FILTER-PATTERN"

    def pattern(self, name: str) -> re.Pattern[str]:
        return re.compile(re.escape(name))


class RejectsUnknownParameters(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"
    also = frozenset({"LIST-PARAMETER-CASE"})

    def listing(self, parameters: dict[str, str]) -> Response:
        if unknown := parameters.keys() - {"all", "digests", "filter", "filters"}:
            raise Mistake(f"unknown parameter {unknown.pop()}")
        return super().listing(parameters)


class HonoursLimit(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        self.limit = int(parameters.get("limit", "1000"))
        return super().listing(parameters)

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[: self.limit]


class ParametersInAnyCase(Mutant):
    """podman."""

    kills = "LIST-PARAMETER-CASE"

    def first(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        return super().first([(name.lower(), value) for name, value in pairs])


class LastValueWins(Mutant):
    """podman, for all."""

    kills = "LIST-FIRST-VALUE"

    def first(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        return dict(pairs)


class EmptyQueryIsAnError(Mutant):
    kills = "LIST-TRAILING-QUESTION-MARK"

    def answer(self, request: Request) -> Response | None:
        return (
            self.error(404, "not found")
            if request.target.endswith("?")
            else super().answer(request)
        )


class MistakesAreServerErrors(Mutant):
    """moby before 23.0."""

    kills = "LIST-ERROR-STATUS"

    def error(self, status: int, message: str) -> Response:
        return super().error(500 if status == 400 and "client" not in message else status, message)


class ErrorsWithoutMessage(Mutant):
    kills = "LIST-ERROR-MESSAGE"

    def error(self, status: int, _message: str) -> Response:
        return Response(status, {"content-type": "application/json"}, b"{}")


class NeedsAVersion(Mutant):
    kills = "HTTP-UNVERSIONED"

    def answer(self, request: Request) -> Response | None:
        return self.error(404, "not found") if request.version == "" else super().answer(request)


class TakesAnyVersion(Mutant):
    """podman."""

    kills = "HTTP-VERSION-TOO-NEW"

    def answer(self, request: Request) -> Response | None:
        return super().answer(Request(request.target, request.method))


class ForgivesTrailingSlash(Mutant):
    kills = "HTTP-TRAILING-SLASH"

    def answer(self, request: Request) -> Response | None:
        return super().answer(
            Request(request.target.replace("json/", "json"), request.method, request.version)
        )


class DropsTheConnection(Mutant):
    """nerdctld, which died of a malformed filter."""

    kills = "FUZZ-ALIVE"

    def answer(self, request: Request) -> Response | None:
        return None if "filter=" in asked(request) else super().answer(request)


class UndocumentedStatus(Mutant):
    kills = "FUZZ-STATUS"

    def error(self, _status: int, message: str) -> Response:
        return super().error(302, message)


class HtmlErrors(Mutant):
    kills = "FUZZ-MEDIA-TYPE"

    def error(self, status: int, message: str) -> Response:
        return Response(status, {"content-type": "text/html"}, message.encode())


class PlaceholderTagAlone(Mutant):
    kills = "FUZZ-SCHEMA"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoTags": "<none>"} if shown["RepoTags"] == [NONE_TAG] else shown
