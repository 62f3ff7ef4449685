"""Servers that are wrong about parameters, mistakes, paths and HTTP."""

from __future__ import annotations

from typing import Any

from muster.exchange import Request, Response

from .mutant import Mutant
from .stand_in import NONE_TAG, Mistake, asked


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
