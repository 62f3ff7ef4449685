"""Servers that are wrong about `filter` and `reference`."""

from __future__ import annotations

import re
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import Mistake


class IgnoresFilter(Mutant):
    """moby from API 1.41 on; podman#6797."""

    kills = "LIST-FILTER-NAME"

    def listing(self, parameters: dict[str, str]) -> Response:
        return super().listing(parameters | {"filter": ""})


class FilterByPrefix(Mutant):
    kills = "LIST-FILTER-NAME"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (not tagged and reference.startswith(name))


class FilterByLastComponent(Mutant):
    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-NARROWS", "LIST-FILTER-PATTERN", "LIST-FILTER-TAG"})

    def named(self, reference: str, name: str) -> bool:
        return super().named(reference, name) or super().named(reference.rpartition("/")[2], name)


class FilterBreaksOnPorts(Mutant):
    """moby#18181."""

    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        return super().named(
            reference, name.partition(":")[0] if ":" in name.partition("/")[0] else name
        )


class TagBySubstring(Mutant):
    """moby PR 13501, in 1.9."""

    kills = "LIST-FILTER-TAG"
    also = frozenset({"LIST-FILTER-NAME", "LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (tagged and reference.startswith(name))


class ShowsEveryTag(Mutant):
    """podman."""

    kills = "LIST-FILTER-NARROWS"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
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


class ReferenceByPrefix(Mutant):
    kills = "LIST-REFERENCE-NAME"
    version = "1.41"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (not tagged and reference.startswith(name))


class ReferenceTagBySubstring(Mutant):
    kills = "LIST-REFERENCE-TAG"
    also = frozenset({"LIST-REFERENCE-NAME"})
    version = "1.41"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (tagged and reference.startswith(name))


class ReferenceShowsEveryTag(Mutant):
    """podman."""

    kills = "LIST-REFERENCE-NARROWS"
    version = "1.41"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
        return each if kept["RepoTags"] or kept["RepoDigests"] else kept


class ReferenceStarCrossesSlashes(Mutant):
    """podman."""

    kills = "LIST-REFERENCE-PATTERN"
    version = "1.41"

    def pattern(self, name: str) -> re.Pattern[str]:
        return re.compile(super().pattern(name).pattern.replace("[^/]*", ".*"))


class LastReferenceCounts(Mutant):
    """moby#38164, up to 18.09."""

    kills = "LIST-REFERENCE-OR"
    version = "1.25"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return super().narrowed(each, names[-1:])


class RejectsReference(Mutant):
    """moby#44161, before 23.0 with the containerd store."""

    kills = "LIST-REFERENCE-NAME"
    version = "1.25"

    def known(self, key: str) -> None:
        super().known("unknown" if key == "reference" else key)


class FilterBySuffix(Mutant):
    """podman, where any trailing part of the name will do."""

    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (
            not tagged and self.repository(reference).endswith(name)
        )


class FilterInAnyCase(Mutant):
    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-TAG"})

    def named(self, reference: str, name: str) -> bool:
        return super().named(reference.lower(), name.lower())


class FilterAddsLatest(Mutant):
    """Clients that complete names, at the wrong side of the wire."""

    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name if tagged else f"{name}:latest")


class FilterTakesIds(Mutant):
    """podman, where a name may be an Id."""

    kills = "LIST-FILTER-NAME"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        plain = each["Id"].removeprefix("sha256:")
        return (
            each if names[0] in {each["Id"], plain, plain[:12]} else super().narrowed(each, names)
        )


class FilterIsTrimmed(Mutant):
    kills = "LIST-FILTER-NAME"

    def named(self, reference: str, name: str) -> bool:
        return super().named(reference, name.strip())


class FilterForgetsDigests(Mutant):
    """Servers that look at tags only."""

    kills = "LIST-FILTER-NAME"
    also = frozenset({"LIST-FILTER-PATTERN"})

    def named(self, reference: str, name: str) -> bool:
        return "@" not in reference and super().named(reference, name)


class FilterListsUntagged(Mutant):
    kills = "LIST-FILTER-NAME"

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        names = self.images_by_id()[each["Id"]]
        bare = not names["RepoTags"] and not names["RepoDigests"]
        return super().listed(each, dangling, everything=everything, by_name=by_name and not bare)

    def images_by_id(self) -> dict[str, dict[str, Any]]:
        return {each["Id"]: each for each in self.images}


class FilterIgnoresTheTag(Mutant):
    """classicswarm#1257, before names were filtered."""

    kills = "LIST-FILTER-TAG"
    also = frozenset({"LIST-FILTER-NAME", "LIST-FILTER-NARROWS"})

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name.rpartition(":")[0] if tagged else name)


class FilterWithTagFindsNothing(Mutant):
    """moby#8048, up to 1.8."""

    kills = "LIST-FILTER-TAG"

    def named(self, reference: str, name: str) -> bool:
        return ":" not in name.rpartition("/")[2] and super().named(reference, name)


class TagInAnyCase(Mutant):
    kills = "LIST-FILTER-TAG"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (tagged and reference.lower() == name.lower())


class NarrowsToNothing(Mutant):
    kills = "LIST-FILTER-NARROWS"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoTags": None} if parameters.get("filter") else shown


class QuestionMarkIsLiteral(Mutant):
    kills = "LIST-FILTER-PATTERN"

    def as_expression(self, part: str) -> str:
        return re.escape(part) if part == "?" else super().as_expression(part)


class ClassesAreLiteral(Mutant):
    """socktainer PR 349."""

    kills = "LIST-FILTER-PATTERN"

    def as_expression(self, part: str) -> str:
        return re.escape(part) if part.startswith("[") else super().as_expression(part)


class BackslashIsLiteral(Mutant):
    """socktainer PR 349."""

    kills = "LIST-FILTER-PATTERN"

    def as_expression(self, part: str) -> str:
        return re.escape(part) if part.startswith("\\") else super().as_expression(part)


class StarNeedsACharacter(Mutant):
    kills = "LIST-FILTER-PATTERN"

    def as_expression(self, part: str) -> str:
        return super().as_expression(part).replace("[^/]*", "[^/]+")


class QuestionMarkMayBeNothing(Mutant):
    kills = "LIST-FILTER-PATTERN"

    def as_expression(self, part: str) -> str:
        return "[^/]?" if part == "?" else super().as_expression(part)


class PatternsAreExpressions(Mutant):
    kills = "LIST-FILTER-NAME"

    def pattern(self, name: str) -> re.Pattern[str]:
        anchored = name.startswith("^") and name.endswith("$")
        return super().pattern(name[1:-1] if anchored else name)


class ReferencesMustAllMatch(Mutant):
    """podman#18092, in the list form."""

    kills = "LIST-REFERENCE-OR"
    version = "1.25"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
        alone = [super(ReferencesMustAllMatch, self).narrowed(each, [name]) for name in names]
        if all(one["RepoTags"] or one["RepoDigests"] for one in alone):
            return kept
        return kept | {"RepoTags": None, "RepoDigests": None}


class FirstReferenceCounts(Mutant):
    kills = "LIST-REFERENCE-OR"
    version = "1.41"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return super().narrowed(each, names[:1])


class IgnoresReference(Mutant):
    """socktainer before PR 349; docker-mock."""

    kills = "LIST-REFERENCE-NAME"
    version = "1.44"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        return None


class ReferenceBySuffix(Mutant):
    """podman, where any trailing part of the name will do."""

    kills = "LIST-REFERENCE-NAME"
    also = frozenset({"LIST-REFERENCE-NARROWS"})
    version = "1.44"

    def named(self, reference: str, name: str) -> bool:
        tagged = ":" in name.rpartition("/")[2]
        return super().named(reference, name) or (
            not tagged and self.repository(reference).endswith(name)
        )


class ReferenceWithWildcardIsAnError(Mutant):
    """moby#45450, with the containerd store."""

    kills = "LIST-REFERENCE-PATTERN"
    version = "1.42"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        names = super().names(filters, parameters)
        if any("*" in name for name in names or ()):
            raise Mistake("invalid reference format")
        return names


class ReferenceSplitsAtCommas(Mutant):
    kills = "LIST-REFERENCE-NAME"
    version = "1.41"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        names = super().names(filters, parameters)
        return names and [part for name in names for part in name.split(",")]


class ReferenceTakesWholeNames(Mutant):
    """moby 29.5 and later; earlier releases did not (moby#34385)."""

    kills = "LIST-REFERENCE-CANONICAL"
    version = "1.44"

    def named(self, reference: str, name: str) -> bool:
        library = "" if "/" in reference else "library/"
        local = "." in reference.partition("/")[0] or ":" in reference.partition("/")[0]
        whole = reference if local and library == "" else f"docker.io/{library}{reference}"
        return super().named(reference, name) or super().named(whole, name)


class IgnoresFilterFromReferenceOn(Mutant):
    """moby 29."""

    kills = "LIST-FILTER-LATER"
    version = "1.25"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        return super().names(filters, parameters | {"filter": ""})


class TagBringsDigests(Mutant):
    """Behaves as moby#29203 and moby#41197 request."""

    kills = "LIST-NAME-DIGESTS"

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = super().narrowed(each, names)
        return kept | {"RepoDigests": each["RepoDigests"]} if kept["RepoTags"] else kept
