"""Servers that are wrong about images that were put there."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant


class HidesLayerlessImages(Mutant):
    """moby PR 45587, with the containerd store."""

    kills = "PLANT-LISTED"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.hidden: set[str] = set()

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        if not entry["Layers"]:
            self.hidden.add(loaded["Id"])
        return loaded

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        shown = super().listed(each, dangling, everything=everything, by_name=by_name)
        return shown and each["Id"] not in self.hidden


class KeepsOneTagAnImage(Mutant):
    kills = "PLANT-TAGS"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        return loaded | {"RepoTags": loaded["RepoTags"] and loaded["RepoTags"][:1]}


class LosesLabels(Mutant):
    """moby#43852."""

    kills = "PLANT-LABELS"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        return super().from_config(entry, config) | {"Labels": None}


class CreatedIsTheTimeOfLoading(Mutant):
    """moby PR 46719."""

    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return 1700000000 if "created" in config else super().date(config)


class NoDateIsTheTimeOfLoading(Mutant):
    """podman."""

    kills = "PLANT-CREATED-NEVER"

    def date(self, config: dict[str, Any]) -> int:
        return super().date(config) if "created" in config else 1700000000


class CutsOffAt256(Mutant):
    kills = "PLANT-MANY"
    also = frozenset({"PLANT-LISTED"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[:256]


class CutsOffAt100(Mutant):
    kills = "PLANT-MANY"
    also = frozenset({"PLANT-LISTED"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[:100]


class Loads(Mutant):
    """Keeps a loaded image in another way."""

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        return loaded | self.otherwise(loaded)

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class LoadsLabels(Loads):
    """Keeps labels in another way."""

    kills = "PLANT-LABELS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        labels = loaded["Labels"] or {}
        return {"Labels": {key: self.value(value) for key, value in labels.items()}}

    def value(self, value: str) -> Any:
        raise NotImplementedError


class LabelsAreCutOff(LoadsLabels):
    """Columns of 255 characters."""

    def value(self, value: str) -> Any:
        return value[:255]


class LabelsAreTrimmed(LoadsLabels):
    def value(self, value: str) -> Any:
        return value.strip()


class LabelsAreEscaped(LoadsLabels):
    def value(self, value: str) -> Any:
        return html.escape(value)


class LabelsAreOnOneLine(LoadsLabels):
    def value(self, value: str) -> Any:
        return " ".join(value.splitlines()) if "\n" in value else value


class LabelsLoseEmoji(LoadsLabels):
    """Databases with three bytes for a character."""

    def value(self, value: str) -> Any:
        return "".join(character if ord(character) < 0x10000 else "?" for character in value)


class LabelsAreNormalised(LoadsLabels):
    def value(self, value: str) -> Any:
        return unicodedata.normalize("NFC", value)


class LabelsAreTyped(LoadsLabels):
    """Servers that keep labels as YAML."""

    def value(self, value: str) -> Any:
        return {"true": True, "null": None, "1e3": 1000.0, "0123": 83}.get(value, value)


class EmptyLabelsAreDropped(Loads):
    kills = "PLANT-LABELS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"Labels": {k: v for k, v in (loaded["Labels"] or {}).items() if v}}


class LabelKeysInLowerCase(Loads):
    kills = "PLANT-LABELS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"Labels": {k.lower(): v for k, v in (loaded["Labels"] or {}).items()}}


class LabelsOfTheLastImage(Loads):
    """Servers that share what they parse."""

    kills = "PLANT-LABELS"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.shared: dict[str, str] = {}

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        self.shared = self.shared | (loaded["Labels"] or {})
        return {"Labels": dict(self.shared)}


class TagsInLowerCase(Loads):
    kills = "PLANT-TAGS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"RepoTags": loaded["RepoTags"] and [t.lower() for t in loaded["RepoTags"]]}


class TagsLosePorts(Loads):
    """Servers that split names at the first colon."""

    kills = "PLANT-TAGS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        tags = [re.sub(r":\d+/", "/", tag) for tag in loaded["RepoTags"] or ()]
        return {"RepoTags": sorted({*tags}) or None}


class TagsAreCutOff(Loads):
    kills = "PLANT-TAGS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"RepoTags": loaded["RepoTags"] and [t[:128] for t in loaded["RepoTags"]]}


class UntaggedGetAName(Loads):
    """podman, where localhost/ is put in front; here of what has no name."""

    kills = "PLANT-TAGS"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        name = f"localhost/{loaded['Id'][7:19]}:latest"
        return {"RepoTags": loaded["RepoTags"] or [name]}


class CreatedHas32Bits(Mutant):
    """moby PR 14921, on machines of 32 bits."""

    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return (super().date(config) + 2**31) % 2**32 - 2**31


class CreatedIsNeverNegative(Mutant):
    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return max(super().date(config), 0)


class CreatedIgnoresOffsets(Mutant):
    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        text = config.get("created", "")
        return super().date(config | {"created": text[:19] + "Z"} if text else config)


class CreatedIsRounded(Mutant):
    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return super().date(config) + (".9" in config.get("created", ""))


class CreatedInMilliseconds(Mutant):
    """finch-daemon, and others in JavaScript or Java."""

    kills = "PLANT-CREATED"

    def date(self, config: dict[str, Any]) -> int:
        return super().date(config) * 1000 if "created" in config else super().date(config)


class SizesAreNotKnown(Loads):
    """Servers that keep no layers."""

    kills = "PLANT-SIZE"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"Size": 0, "VirtualSize": 0}


class SizesOfOwnLayersOnly(Mutant):
    """Docker before 1.10 in Size; here in VirtualSize too."""

    kills = "PLANT-SIZE"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        size = 1024 if "Parent" in entry else 4096
        return loaded | {"Size": size, "VirtualSize": size}


class SharedLayersAreNotKnown(Mutant):
    """moby#52476, with the containerd store."""

    kills = "PLANT-SHARED-SIZE"
    version = "1.44"

    def shared_size(self, each: dict[str, Any]) -> int:
        return 0


class ForgetsParents(Loads):
    """podman, and the containerd store."""

    kills = "PLANT-PARENT"

    def otherwise(self, loaded: dict[str, Any]) -> dict[str, Any]:
        return {"ParentId": ""}


class JsonIsTheListing(Mutant):
    """Routers that look at the end of a path."""

    kills = "PLANT-NAMED-JSON"

    def routes(self, path: str, query: str) -> Callable[[], Response] | None:
        return super().routes("/images/json" if path.endswith("json/json") else path, query)


class NamesHaveNoSlashes(Mutant):
    """Routers that take one segment for a name; the Id is inspected all the same."""

    kills = "PLANT-NAMED-JSON"

    def inspected(self, name: str) -> Response:
        if name.endswith("/json"):
            return self.error(404, "page not found")
        return super().inspected(name)


class HidesTheImageNamedJson(Mutant):
    kills = "PLANT-LISTED"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        shown = super().ordered(images)
        return [i for i in shown if not str((i["RepoTags"] or [""])[0]).endswith("/json:latest")]


class HidesUndatedImages(Mutant):
    """Databases that sort NULL away."""

    kills = "PLANT-LISTED"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [image for image in super().ordered(images) if image["Created"] > 0]


class HidesTheFuture(Mutant):
    kills = "PLANT-LISTED"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [image for image in super().ordered(images) if image["Created"] < 4000000000]


class ImagesWithSharedLayersAreOne(Mutant):
    """Stores that key images by their top layer."""

    kills = "PLANT-LISTED"
    also = frozenset({"PLANT-LISTED-UNTAGGED"})

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        tops: dict[str, dict[str, Any]] = {}
        for each in super().ordered(images):
            tops.setdefault((self.layers.get(each["Id"]) or [each["Id"]])[0], each)
        return list(tops.values())


class CutsFilteredListingsOffAt200(Mutant):
    kills = "PLANT-MANY"

    def listing(self, parameters: dict[str, str]) -> Response:
        self.filtered = bool(parameters.get("filters"))
        return super().listing(parameters)

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().ordered(images)[: 200 if self.filtered else None]


class ThePageBreakShowsAnImageTwice(Mutant):
    """Reads pages of 128 rows that overlap."""

    kills = "PLANT-MANY"

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ordered = super().ordered(images)
        return [*ordered[:128], *ordered[127:]] if len(ordered) > 128 else ordered
