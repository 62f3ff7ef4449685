"""Servers that are wrong about `filter` and `reference`."""

from __future__ import annotations

import re
from typing import Any

from muster.exchange import Response

from .mutant import Mutant


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
    also = frozenset({"LIST-REFERENCE-NARROWS", "LIST-REFERENCE-OR"})
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
    also = frozenset({"LIST-REFERENCE-TAG", "LIST-REFERENCE-NARROWS", "LIST-REFERENCE-OR"})
    version = "1.25"

    def known(self, key: str) -> None:
        super().known("unknown" if key == "reference" else key)
