"""Servers that lose fractions of a second or unusual characters when loading."""

from __future__ import annotations

import unicodedata
from typing import Any

from .mutant import Mutant


class FractionsMutant(Mutant):
    kills = "PLANT-FRACTIONS"
    version = "1.44"


class KeepsWholeSeconds(FractionsMutant):
    """A column of whole seconds."""

    def nanoseconds(self, config: dict[str, Any]) -> int:
        return 0


class KeepsMicroseconds(FractionsMutant):
    """PostgreSQL's timestamps, and Python's."""

    def nanoseconds(self, config: dict[str, Any]) -> int:
        return super().nanoseconds(config) // 1000 * 1000


class CutsUntilToTheSecond(FractionsMutant):
    def moment(self, text: str) -> float:
        return super().moment(text) // 1


class SinceIncludesItsSecond(FractionsMutant):
    """Compares whole seconds in one of the two filters."""

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        rest = {key: values for key, values in filters.items() if key != "since"}
        return super().in_time(each, rest) and all(
            each["Created"] > self.time_of(name)[0] for name in filters.get("since", ())
        )


class RoundsUntilUp(FractionsMutant):
    """Seconds with a fraction go into a column of whole ones."""

    def moment(self, text: str) -> float:
        whole, point, _ = text.partition(".")
        return super().moment(text) if not point or "T" in text else super().moment(whole) + 1


class TextMutant(Mutant):
    """Changes labels on the way in."""

    kills = "PLANT-LABELS"

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        labels = loaded["Labels"] or {}
        return loaded | {"Labels": dict(self.kept(*pair) for pair in labels.items()) or None}

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, value


class TextsHave64KiB(TextMutant):
    """MySQL's TEXT."""

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, value[:65535]


class KeysAreComposed(TextMutant):
    """Keys that are alike after normalisation are one."""

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return unicodedata.normalize("NFC", key), value


class FormatCharactersAreDropped(TextMutant):
    """Joiners and direction marks."""

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, "".join(each for each in value if unicodedata.category(each) != "Cf")


class CompatibilityCharactersAreReplaced(TextMutant):
    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, unicodedata.normalize("NFKC", value)


class EverythingIsShared(Mutant):
    """Takes for shared what an image has alone."""

    kills = "PLANT-SHARED-SIZE"
    version = "1.44"

    def shared_size(self, each: dict[str, Any]) -> int:
        size: int = each["Size"]
        return size


class KeysLoseTheDotAtTheirEnd(TextMutant):
    """Keeps labels as a tree of the parts of their keys."""

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key.rstrip("."), value


class FiftyLabels(TextMutant):
    """Reads the labels of an image in one page."""

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        loaded = super().from_config(entry, config)
        return loaded | {"Labels": dict(list((loaded["Labels"] or {}).items())[:50]) or None}


class LineBreaksEndALabel(TextMutant):
    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, value.partition("\r")[0]


class TabsAreSpaces(TextMutant):
    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, value.replace("\t", " ")


class BackslashesAreDoubled(TextMutant):
    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key, value.replace("\\", "\\\\")


class KeysAreCutOff(TextMutant):
    """Columns of 255 characters."""

    def kept(self, key: str, value: str) -> tuple[str, str]:
        return key[:255], value
