"""Servers that are wrong about parameters, and about how they tell mistakes."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from muster.model.exchange import Request, Response

from .mutant import Mutant
from .stand_in import Mistake, asked


class RejectsUnknownParameters(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

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


class IgnoresAParameter(Mutant):
    """Takes a parameter for one that the endpoint does not have."""

    ignored: ClassVar[str]

    def listing(self, parameters: dict[str, str]) -> Response:
        return super().listing({k: v for k, v in parameters.items() if k != self.ignored})


class IgnoresAll(IgnoresAParameter):
    """docker-mock."""

    kills = "PLANT-LISTED-UNTAGGED"
    ignored = "all"


class IgnoresFilters(IgnoresAParameter):
    """classicswarm#1700; socktainer before PR 349; docker-mock."""

    kills = "LIST-FILTERS-UNKNOWN"
    ignored = "filters"


class HonoursDanglingAsParameter(Mutant):
    """Behaves as docker-php#97 assumed."""

    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("dangling"):
            parameters = parameters | {"filters": '{"dangling":["true"]}'}
        return super().listing(parameters)


class HonoursPhpFilters(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        if "filters[dangling][0]" in parameters:
            parameters = parameters | {"filters": '{"dangling":["true"]}'}
        return super().listing(parameters)


class RejectsOnlyIds(Mutant):
    """docker-py#2538 sends it."""

    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        if "only_ids" in parameters:
            raise Mistake("unknown parameter only_ids")
        return super().listing(parameters)


class ShowsSizesWhenAsked(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | {"SizeRw": 0} if "size" in parameters else shown


class ParametersAreTrimmed(Mutant):
    kills = "LIST-PARAMETER-CASE"

    def first(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        return super().first([(name.strip(), value) for name, value in pairs])


class ValuesAreJoined(Mutant):
    """Frameworks that turn a repeated parameter into a list."""

    kills = "LIST-FIRST-VALUE"

    def first(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise Mistake("a parameter is given twice")
        return super().first(pairs)


class AnEmptyPairIsAnError(Mutant):
    kills = "LIST-TRAILING-QUESTION-MARK"

    def parameters(self, query: str) -> dict[str, str]:
        if query.startswith("&"):
            raise Mistake("a parameter has no name")
        return super().parameters(query)


class DropsBadEscapes(Mutant):
    """podman 4.3, and others that read the query with Go's URL.Query."""

    kills = "HTTP-QUERY-MALFORMED"

    def parameters(self, query: str) -> dict[str, str]:
        pairs = [pair for pair in query.split("&") if not re.search("%(?![0-9A-Fa-f]{2})", pair)]
        return super().parameters("&".join(pairs))


class PlusIsAPlus(Mutant):
    """Servers that decode the query like a path: Go's clients write + for a space."""

    kills = "LIST-QUERY"

    def parameters(self, query: str) -> dict[str, str]:
        return super().parameters(query.replace("+", "%2B"))


class SaysConflict(Mutant):
    """moby 1.11, which takes the status from words in the message."""

    kills = "LIST-ERROR-STATUS"

    def error(self, status: int, message: str) -> Response:
        return super().error(409 if "Invalid filter" in message else status, message)


class ErrorsAreNamedError(Mutant):
    """Servers that answer {"error": ...}; podman's own API has cause and message."""

    kills = "LIST-ERROR-MESSAGE"
    version = "1.44"

    def error(self, status: int, message: str) -> Response:
        body = json.dumps({"error": message}).encode()
        return Response(status, {"content-type": "application/json"}, body)


class ErrorsAreEmpty(Mutant):
    kills = "LIST-ERROR-MESSAGE"

    def error(self, status: int, message: str) -> Response:
        return super().error(status, "")


class ErrorsAreAlwaysJson(Mutant):
    """moby 26.0 to 28.0."""

    kills = "LIST-ERROR-TEXT"

    def error(self, status: int, message: str) -> Response:
        body = json.dumps({"message": message}).encode()
        return Response(status, {"content-type": "application/json"}, body)


class DropsTheConnection(Mutant):
    """nerdctld, which died of a malformed filter."""

    kills = "FUZZ-ALIVE"

    def answer(self, request: Request) -> Response | None:
        return None if "filter=" in asked(request) else super().answer(request)
