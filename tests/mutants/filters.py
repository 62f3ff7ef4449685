"""Servers that read `filters` in another way."""

from __future__ import annotations

import json
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import Mistake


class IgnoresTheMapForm(Mutant):
    kills = "LIST-FILTERS-FORMS"

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
        except Mistake as error:
            if str(error).startswith("Invalid filter"):
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


class NullFiltersCrash(Mutant):
    """moby 1.13 to 17.09, with filter beside them."""

    kills = "LIST-FILTERS-EMPTY"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("filters") == "null" and parameters.get("filter"):
            return self.error(500, "assignment to entry in nil map")
        return super().listing(parameters)


class EmptyFilterFindsNothing(Mutant):
    kills = "LIST-FILTERS-EMPTY"

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        if parameters.get("filter") == "":
            return ["no such"]
        return super().names(filters, parameters)


class Reads(Mutant):
    """Accepts filters that are not JSON or have neither form."""

    kills = "LIST-FILTERS-MALFORMED"

    def filters(self, text: str) -> dict[str, list[str]]:
        return super().filters(self.read(text))

    def read(self, text: str) -> str:
        raise NotImplementedError


class ReadsSingleQuotes(Reads):
    """Servers that read YAML or Python."""

    def read(self, text: str) -> str:
        return text.replace("'", '"') if "{'" in text else text


class ReadsBarePairs(Reads):
    """Accepts the syntax of command lines: dangling=true."""

    def read(self, text: str) -> str:
        key, equals, value = text.partition("=")
        return json.dumps({key: [value]}) if equals and key.isalpha() else text


class ReadsTheBeginning(Reads):
    """Decoders of streams, which moby had up to 17.09."""

    def read(self, text: str) -> str:
        return text.rstrip("x") if text.endswith("}x") else text


class ReadsControlCharacters(Reads):
    def read(self, text: str) -> str:
        return text.replace("a\tb", "a b")


class ReadsBlanksAsNothing(Reads):
    def read(self, text: str) -> str:
        return text.strip()


class TakesOneValueForAList(Mutant):
    """Servers in Ruby or PHP: {"label":"a"}."""

    kills = "LIST-FILTERS-MALFORMED"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict):
            value = {k: [v] if isinstance(v, str) else v for k, v in value.items()}
        return super().form(value)


class TakesNumbersForTexts(Mutant):
    kills = "LIST-FILTERS-MALFORMED"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict):
            value = {
                k: [str(t) if isinstance(t, int) else t for t in v] if isinstance(v, list) else v
                for k, v in value.items()
            }
        return super().form(value)


class TakesAnyValueInTheMapForm(Mutant):
    kills = "LIST-FILTERS-MALFORMED"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict) and all(isinstance(v, dict) for v in value.values()):
            return {key: list(texts) for key, texts in value.items()}
        return super().form(value)


class EmptyUnknownFiltersAreFine(Mutant):
    kills = "LIST-FILTERS-UNKNOWN"

    def filters(self, text: str) -> dict[str, list[str]]:
        try:
            value = json.loads(text or "{}")
        except ValueError:
            return super().filters(text)
        if isinstance(value, dict):
            value = {key: v for key, v in value.items() if v}
        return super().filters(json.dumps(value))


class FilterKeysAreTrimmed(Mutant):
    kills = "LIST-FILTERS-UNKNOWN"

    def known(self, key: str) -> None:
        super().known(key.strip())


class UnknownFiltersBesideKnownOnes(Mutant):
    kills = "LIST-FILTERS-UNKNOWN"

    def filters(self, text: str) -> dict[str, list[str]]:
        try:
            value = json.loads(text or "{}")
        except ValueError:
            return super().filters(text)
        if isinstance(value, dict) and "dangling" in value:
            value = {k: v for k, v in value.items() if k in {"dangling", "label", "before"}}
        return super().filters(json.dumps(value))


class MapFormForLabelsOnly(Mutant):
    """sdc-docker PR 66, which brought it for labels."""

    kills = "LIST-FILTERS-FORMS"
    also = frozenset({"LIST-FILTERS-MALFORMED"})

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict) and isinstance(value.get("dangling"), dict):
            return super().form({k: v for k, v in value.items() if k != "dangling"})
        return super().form(value)


class MapFormTakesOneValue(Mutant):
    kills = "LIST-FILTERS-FORMS"

    def form(self, value: Any) -> dict[str, list[str]]:
        filters = super().form(value)
        maps = isinstance(value, dict) and any(isinstance(v, dict) for v in value.values())
        return {key: texts[-1:] for key, texts in filters.items()} if maps else filters


class MapFormOfReferenceIsIgnored(Mutant):
    kills = "LIST-FILTERS-FORMS"
    version = "1.25"

    def form(self, value: Any) -> dict[str, list[str]]:
        if isinstance(value, dict) and isinstance(value.get("reference"), dict):
            return super().form({k: v for k, v in value.items() if k != "reference"})
        return super().form(value)


class SpacesInJsonAreAnError(Mutant):
    """docker-py writes a space behind colons and commas."""

    kills = "LIST-QUERY"

    def filters(self, text: str) -> dict[str, list[str]]:
        if '": ' in text:
            raise Mistake("invalid character ' '")
        return super().filters(text)


class EscapesInJsonAreKept(Mutant):
    kills = "LIST-QUERY"

    def filters(self, text: str) -> dict[str, list[str]]:
        return super().filters(text.replace("\\u", "\\\\u"))
