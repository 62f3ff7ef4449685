"""Servers whose listings are wrong in form, order or number, or wrong about `all` and `digests`."""

from __future__ import annotations

from itertools import count
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import Mistake


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

    def ordered(self, images: list[dict[str, Any]]) -> Any:
        return {"images": super().ordered(images)}


class CreatedIsText(Mutant):
    """moby PR 11706."""

    kills = "LIST-SCHEMA"

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
    also = frozenset({"LIST-INSPECT-SAME"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Size": -1}


class OneOfSeveralLabelsByTurn(Mutant):
    """moby#38164, there with reference and at random."""

    kills = "LIST-REPEATABLE"
    also = frozenset({"LIST-FILTERS-FORMS", "LIST-FILTERS-LONG", "LIST-LABEL-AND"})

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
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
    also = frozenset({"LIST-INSPECT-SAME"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            each | {"RepoTags": tag and [tag]}
            for each in super().ordered(images)
            for tag in each["RepoTags"] or [None]
        ]


class OneTagOnTwoImages(Mutant):
    kills = "LIST-REFERENCE-UNIQUE"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
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
    also = frozenset({"LIST-COMPLETE"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        hidden = everything and not by_name and dangling is None and each["RepoTags"] == ["app:v1"]
        return not hidden and super().listed(each, dangling, everything=everything, by_name=by_name)


class AlwaysListsIntermediate(Mutant):
    kills = "LIST-ALL-INTERMEDIATE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        return super().listed(each, dangling, everything=True, by_name=by_name)


class HidesUntaggedLeaves(Mutant):
    kills = "LIST-ALL-INTERMEDIATE"
    also = frozenset({"LIST-DANGLING-SPLIT"})

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        untagged = not each["RepoTags"] and not each["RepoDigests"]
        if untagged and dangling is None and not everything:
            return False
        return super().listed(each, dangling, everything=everything, by_name=by_name)


class AllTakesOneOnly(Mutant):
    kills = "LIST-ALL-SPELLINGS"
    also = frozenset({"LIST-ALL-TRUTHINESS"})

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
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        return super().listed(each, dangling, everything=everything, by_name=by_name) and (
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


class NotFoundForNothing(Mutant):
    """Servers that find no image that meets the query."""

    kills = "LIST-EMPTY"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not images:
            raise Mistake("no image was found")
        return super().ordered(images)


class NoContentForNothing(Mutant):
    kills = "LIST-EMPTY"

    def json(self, value: Any) -> Response:
        return Response(204, {}, b"") if value == [] else super().json(value)


class OneImageIsNoArray(Mutant):
    """Encoders that unwrap lists of one."""

    kills = "LIST-ANSWER"

    def json(self, value: Any) -> Response:
        one = isinstance(value, list) and len(value) == 1
        return super().json(value[0] if one else value)


class SortsByName(Mutant):
    """finch-daemon, nerdctl and others, which list in the order of names."""

    kills = "LIST-ORDER"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(images, key=lambda each: str(each["RepoTags"]))


class SortsDatesAsText(Mutant):
    kills = "LIST-ORDER"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(images, key=lambda each: str(each["Created"]), reverse=True)


class PutsUntaggedLast(Mutant):
    kills = "LIST-ORDER"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(super().ordered(images), key=lambda each: not each["RepoTags"])


class SortsOnlyTheWholeListing(Mutant):
    kills = "LIST-ORDER"
    drawn = True

    def listing(self, parameters: dict[str, str]) -> Response:
        self.filtered = bool(self.filters(parameters.get("filters", "")))
        return super().listing(parameters)

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ordered = super().ordered(images)
        return ordered[::-1] if self.filtered else ordered


class ListsTheImagesOfEveryNode(Mutant):
    """classicswarm#1164."""

    kills = "LIST-ID-UNIQUE"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered([*images, *images])


class DigestsTwice(Mutant):
    """moby#48747, with the containerd store, for an image with several tags."""

    kills = "LIST-REFERENCE-UNIQUE"
    also = frozenset({"LIST-SCHEMA"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        several = len(each["RepoTags"] or ()) > 1 and each["RepoDigests"]
        return shown | {"RepoDigests": each["RepoDigests"] * 2} if several else shown


class PanicsOnAListing(Mutant):
    """moby PR 45390, with the containerd store."""

    kills = "LIST-ANSWER"

    def listing(self, parameters: dict[str, str]) -> Response:
        self.filters(parameters.get("filters", ""))
        return self.error(500, "runtime error: index out of range")
