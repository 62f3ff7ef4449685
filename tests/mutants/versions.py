"""Servers with faults in version-dependent behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muster.model.exchange import Response

from .manifest_store import ManifestStore, Part
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
    also = frozenset({"LIST-CONDITIONS-AND"})

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        named = each["Id"] in filters.get("before", ()) and self.time_of(each["Id"])[0] > 0
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

    def time_of(self, name: str) -> tuple[int, float]:
        try:
            return super().time_of(name)
        except Mistake:
            return 0, 0.0


class UntilIsIgnored(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        for text in filters.get("until", ()):
            self.moment(text)
        return super().in_time(each, filters | {"until": []})


class UntilTakesAnyText(Mutant):
    kills = "LIST-UNTIL-VALUE"
    also = frozenset({"LIST-UNTIL"})
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


class BeforeIncludesTheSameSecond(Mutant):
    kills = "LIST-BEFORE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        older = dict(filters)
        names = older.pop("before", [])
        return super().in_time(each, older) and all(
            self.instant(each) <= self.time_of(name) for name in names
        )


class BeforeTakesIdsOnly(Mutant):
    kills = "LIST-BEFORE"
    version = "1.24"

    def time_of(self, name: str) -> tuple[int, float]:
        if len(name) < 64:
            raise Mistake(f"No such image: {name}")
        return super().time_of(name)


class BeforeNeedsTheTag(Mutant):
    kills = "LIST-BEFORE"
    version = "1.24"

    def image_ids(self, each: dict[str, Any]) -> set[str]:
        ids = {each["Id"], each["Id"].removeprefix("sha256:")}
        short = {name[:12] for name in ids if ":" not in name}
        return ids | short | {*(each["RepoTags"] or ()), *(each["RepoDigests"] or ())}


class SinceIsAfter(Mutant):
    """podman#5040, where the filter had another name."""

    kills = "LIST-SINCE"
    also = frozenset({"LIST-FILTERS-FORMS"})
    version = "1.24"

    def known(self, key: str) -> None:
        super().known("unknown" if key == "since" else key)


class BeforeByName(Mutant):
    """Servers that compare the order of the listing by name."""

    kills = "LIST-BEFORE"
    version = "1.24"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = dict(filters)
        names = rest.pop("before", [])
        by_name = all(str(each["RepoTags"]) < name for name in names)
        return super().in_time(each, rest) and by_name


class OneOfSeveralTimes(Mutant):
    """moby PR 44503, before 24.0: an arbitrary one."""

    kills = "LIST-TIMES-AND"
    version = "1.43"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        first = {
            key: values[:1] if key in {"before", "since"} else values
            for key, values in filters.items()
        }
        return super().in_time(each, first)


class AnyOfSeveralTimes(Mutant):
    kills = "LIST-TIMES-AND"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key not in {"before", "since"}}
        return super().in_time(each, rest) and all(
            any(super(AnyOfSeveralTimes, self).in_time(each, {key: [name]}) for name in values)
            for key, values in filters.items()
            if key in {"before", "since"}
        )


class UntilTakesNumbersOnly(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def moment(self, text: str) -> float:
        if not text.isdigit():
            raise Mistake("until must be a number")
        return super().moment(text)


class UntilTakesNoDurations(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def moment(self, text: str) -> float:
        if text.endswith("h"):
            raise Mistake("until must be a time")
        return super().moment(text)


class UntilMeansSince(Mutant):
    kills = "LIST-UNTIL"
    version = "1.44"

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = dict(filters)
        times = rest.pop("until", [])
        return super().in_time(each, rest) and all(
            each["Created"] > self.moment(text) for text in times
        )


class NullForNoDigests(Mutant):
    """moby#29157, of 2016, there RepoTags."""

    kills = "LIST-LISTS-NEVER-NULL"
    also = frozenset({"LIST-SCHEMA"})
    version = "1.44"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"RepoDigests": shown["RepoDigests"] or None}


class ContainersAreNeverCounted(Mutant):
    """moby#34005, up to 28.2."""

    kills = "LIST-CONTAINERS"
    version = "1.51"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Containers": -1}


class ContainersAreCountedEarly(Mutant):
    kills = "LIST-NOT-CALCULATED"
    version = "1.48"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Containers": 0}


class SharedSizeFails(Mutant):
    """moby PR 47597: snapshot does not exist."""

    kills = "LIST-SHARED-SIZE"
    version = "1.44"

    def listing(self, parameters: dict[str, str]) -> Response:
        if self.truth(parameters.get("shared-size", "")):
            return self.error(500, "snapshot does not exist")
        return super().listing(parameters)


class SharedSizeOfListedImages(Mutant):
    """moby PR 42550; the containerd store."""

    kills = "LIST-SHARED-SIZE-FILTERED"
    version = "1.42"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        asked = self.truth(parameters.get("shared-size", "")) and parameters.get("filters")
        return shown | {"SharedSize": 0} if asked else shown


class SharedSizeEarly(Mutant):
    kills = "LIST-LATER-PARAMETERS"
    version = "1.41"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"SharedSize": 0} if "shared-size" in parameters else shown


class RejectsLaterParameters(Mutant):
    """Servers that validate the query by their newest document."""

    kills = "LIST-LATER-PARAMETERS"
    version = "1.44"

    def listing(self, parameters: dict[str, str]) -> Response:
        if "identity" in parameters:
            raise Mistake("conflicting options: identity requires manifests=1")
        return super().listing(parameters)


class DescriptorEarly(Mutant):
    """moby with the containerd store, if it were not taken out below API 1.48."""

    kills = "LIST-LATER-MEMBERS"
    version = "1.47"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        descriptor = {"mediaType": "a/b", "digest": each["Id"], "size": 424}
        return super().shown(each, parameters) | {"Descriptor": descriptor}


class ManifestsEarly(Mutant):
    kills = "LIST-LATER-MEMBERS"
    version = "1.44"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        return super().shown(each, parameters) | {"Manifests": []}


class IdentityEarly(Mutant, ManifestStore):
    kills = "LIST-LATER-MEMBERS"
    version = "1.48"

    def image_data(self, part: Part) -> dict[str, Any]:
        return super().image_data(part) | {"Identity": {}}


class IgnoresReferenceEarly(Mutant):
    """The class of moby#28895: a client's reference is dropped."""

    kills = "LIST-LATER-FILTERS"

    def filters(self, text: str) -> dict[str, list[str]]:
        return super().filters(text.replace('{"reference":["muster.test/no-such-image"]}', "{}"))


class IgnoresUntilEarly(Mutant):
    kills = "LIST-LATER-FILTERS"
    version = "1.43"

    def known(self, key: str) -> None:
        if key != "until":
            super().known(key)

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        return super().in_time(each, filters | {"until": []})


class IgnoresBeforeEarly(Mutant):
    kills = "LIST-LATER-FILTERS"

    def known(self, key: str) -> None:
        if key != "before":
            super().known(key)

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        return super().in_time(each, filters | {"before": []})


class ManifestsHideOtherImages(Mutant):
    kills = "LIST-MANIFESTS"
    version = "1.47"

    def listing(self, parameters: dict[str, str]) -> Response:
        self.only_pulled = "manifests" in parameters
        return super().listing(parameters)

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered([i for i in images if i["RepoDigests"] or not self.only_pulled])


class ManifestsInAnyOrder(Mutant, ManifestStore):
    """moby PR 48701, with the containerd store."""

    kills = "LIST-MANIFESTS"
    version = "1.47"

    def __init__(self, version: str = "1.47") -> None:
        super().__init__(version)
        self.turn = False

    def listing(self, parameters: dict[str, str]) -> Response:
        self.turn = not self.turn
        return super().listing(parameters)

    def manifests(self, parts: Sequence[Part], parameters: dict[str, str]) -> list[dict[str, Any]]:
        return super().manifests(parts, parameters)[:: 1 if self.turn else -1]
