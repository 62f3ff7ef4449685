"""Servers that are wrong about what came and went with API versions."""

from __future__ import annotations

from typing import Any

from muster.exchange import Response

from .mutant import Mutant
from .stand_in import NONE_TAG, Mistake


class StillHonoursFilter(Mutant):
    """podman."""

    kills = "LIST-FILTER-IGNORED"
    version = "1.44"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        name = parameters.get("filter")
        return [name] if name else super().names(filters, parameters)


class BeforeIncludesItsImage(Mutant):
    kills = "LIST-BEFORE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        named = each["Id"] in filters.get("before", ()) and self.time_of(each["Id"]) > 0
        return named or super().in_time(each, filters)


class SinceMeansBefore(Mutant):
    kills = "LIST-SINCE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        turned = dict(filters)
        if "since" in filters:
            turned["before"] = turned.pop("since")
        return super().in_time(each, turned)


class BeforeAnUnknownImageIsIgnored(Mutant):
    kills = "LIST-BEFORE-UNKNOWN"
    version = "1.24"

    def time_of(self, name: str) -> int:
        try:
            return super().time_of(name)
        except Mistake:
            return 0


class UntilIsIgnored(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        for text in filters.get("until", ()):
            self.moment(text)
        return super().in_time(each, filters | {"until": []})


class UntilTakesAnyText(Mutant):
    kills = "LIST-UNTIL-VALUE"
    version = "1.44"

    def moment(self, text: str) -> int:
        return int(text) if text.isdigit() else 0


class NullForNoTags(Mutant):
    """moby 24.0.0, there when inspecting."""

    kills = "LIST-LISTS-NEVER-NULL"
    also = frozenset({"LIST-SCHEMA"})
    version = "1.43"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoTags": shown["RepoTags"] or None}


class KeepsPlaceholders(Mutant):
    kills = "LIST-LISTS-NEVER-NULL"
    also = frozenset({"LIST-SCHEMA"})
    version = "1.43"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoTags": shown["RepoTags"] or [NONE_TAG]}


class KeepsVirtualSize(Mutant):
    kills = "LIST-VIRTUAL-SIZE-GONE"
    also = frozenset({"LIST-SCHEMA"})
    version = "1.44"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"VirtualSize": each["Size"]}


class NotCalculatedIsZero(Mutant):
    """podman."""

    kills = "LIST-NOT-CALCULATED"
    version = "1.41"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"SharedSize": 0, "Containers": 0}


class NeverCalculatesSharedSize(Mutant):
    """moby PR 51631, in 29.1."""

    kills = "LIST-SHARED-SIZE"
    version = "1.42"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"SharedSize": -1}


class AlwaysShowsManifests(Mutant):
    kills = "LIST-MANIFESTS-UNASKED"
    version = "1.47"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Manifests": []}


class IdentityAloneIsFine(Mutant):
    kills = "LIST-IDENTITY-ALONE"
    version = "1.54"

    def listing(self, parameters: dict[str, str]) -> Response:
        return super().listing({k: v for k, v in parameters.items() if k != "identity"})


class ErrorsStayText(Mutant):
    kills = "LIST-ERROR-JSON"
    version = "1.24"

    def error(self, status: int, message: str) -> Response:
        return Response(status, {"content-type": "text/plain"}, message.encode())
