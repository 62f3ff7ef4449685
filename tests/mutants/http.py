"""Servers that are wrong about versions, paths, headers and HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from muster.model.exchange import Request, Response

from .mutant import Mutant
from .stand_in import NONE_TAG, OLDEST, StandIn


class NeedsAVersion(Mutant):
    kills = "HTTP-UNVERSIONED"

    def answer(self, request: Request) -> Response | None:
        return self.error(404, "not found") if request.version == "" else super().answer(request)


class TakesAnyVersion(Mutant):
    """podman."""

    kills = "HTTP-VERSION-TOO-NEW"

    def refused(self, segment: str) -> Response | None:
        newer = segment and (self.numbers(segment) or OLDEST) > (1, self.minor)
        return None if newer else super().refused(segment)


class ForgivesTrailingSlash(Mutant):
    kills = "HTTP-TRAILING-SLASH"

    def answer(self, request: Request) -> Response | None:
        return super().answer(replace(request, target=request.target.replace("json/", "json")))


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


class NewVersionsAreUnknown(Mutant):
    kills = "HTTP-VERSION-TOO-NEW"

    def refused(self, segment: str) -> Response | None:
        refusal = super().refused(segment)
        return self.error(404, "404 page not found") if refusal else None


class ServesEveryOldVersion(Mutant):
    """podman 4.3."""

    kills = "HTTP-VERSION-TOO-OLD"

    def refused(self, segment: str) -> Response | None:
        old = segment and (self.numbers(segment) or OLDEST) < OLDEST
        return None if old else super().refused(segment)


class OldVersionsAreUnknown(Mutant):
    """Servers whose router has one version."""

    kills = "HTTP-VERSION-TOO-OLD"

    def refused(self, segment: str) -> Response | None:
        old = segment and (self.numbers(segment) or OLDEST) < (1, 23)
        return self.error(404, "404 page not found") if old else super().refused(segment)


class VersionsAreText(Mutant):
    kills = "HTTP-VERSION-FORMS"

    def refused(self, segment: str) -> Response | None:
        odd = re.search(r"\.0\d|\d\.\d+\.", segment)
        return self.error(404, "404 page not found") if odd else super().refused(segment)


class PathsInAnyCase(Mutant):
    kills = "HTTP-OTHER-PATHS"

    def routes(self, path: str, query: str) -> Callable[[], Response] | None:
        return super().routes(path.lower(), query)


class PathsGoOn(Mutant):
    """Routers that look at the beginning of a path."""

    kills = "HTTP-OTHER-PATHS"

    def routes(self, path: str, query: str) -> Callable[[], Response] | None:
        longer = path.startswith("/images/json") and not path.endswith("/")
        return super().routes("/images/json" if longer else path, query)


class AnyWordIsAVersion(Mutant):
    """Routers with /:version/ in front, such as socktainer's."""

    kills = "HTTP-OTHER-PATHS"

    def refused(self, segment: str) -> Response | None:
        word = segment and self.numbers(segment) is None
        return None if word else super().refused(segment)


class PathsAreNotDecoded(Mutant):
    kills = "HTTP-ENCODED-PATH"

    def answer(self, request: Request) -> Response | None:
        path = request.target.partition("?")[0]
        if "%" in path and path.count("/") == 2:
            return self.error(404, "404 page not found")
        return super().answer(request)


class DoubleSlashIsASlash(Mutant):
    kills = "HTTP-DOUBLE-SLASH"

    def answer(self, request: Request) -> Response | None:
        return super().answer(replace(request, target=request.target.replace("//", "/")))


class HeadIsGetWithoutABody(Mutant):
    """Frameworks that answer HEAD by themselves."""

    kills = "HTTP-HEAD"

    def answer(self, request: Request) -> Response | None:
        if request.method != "HEAD":
            return super().answer(request)
        answer = super().answer(replace(request, method="GET"))
        return answer and Response(answer.status, answer.headers, b"")


class NegotiatesContent(Mutant):
    """Frameworks that look at Accept."""

    kills = "HTTP-HEADERS"

    def answer(self, request: Request) -> Response | None:
        if "text/html" in dict(request.headers).get("Accept", ""):
            return Response(406, {"content-type": "text/plain"}, b"not acceptable")
        return super().answer(request)


class MindsTheContentType(Mutant):
    kills = "HTTP-HEADERS"

    def answer(self, request: Request) -> Response | None:
        if dict(request.headers).get("Content-Type") == "muster":
            return self.error(415, "unsupported media type")
        return super().answer(request)


class NeverModified(Mutant):
    kills = "HTTP-HEADERS"

    def answer(self, request: Request) -> Response | None:
        if "If-None-Match" in dict(request.headers):
            return Response(304, {}, b"")
        return super().answer(request)


class ServesOneVersionMore(Mutant):
    """Compares with `>=` where `>` is right."""

    kills = "HTTP-VERSION-TOO-NEW"

    def refused(self, segment: str) -> Response | None:
        if segment == f"/v1.{self.minor + 1}":
            return None
        return super().refused(segment)


class RefusesItsNewestVersion(Mutant):
    kills = "HTTP-VERSION-TOO-NEW"

    def about(self) -> dict[str, Any]:
        return super().about() | {"ApiVersion": f"1.{self.minor + 1}"}


class ServesOneVersionLess(Mutant):
    kills = "HTTP-VERSION-TOO-OLD"

    def refused(self, segment: str) -> Response | None:
        return None if segment == "/v1.11" else super().refused(segment)


class NoVersionIsTheOldest(Mutant):
    """Without a version it answers as it did at first."""

    kills = "HTTP-UNVERSIONED"
    version = "1.44"

    def answer(self, request: Request) -> Response | None:
        if request.version == "" and request.target.startswith("/images/json"):
            return StandIn("1.23").answer(request)
        return super().answer(request)


class NothingIsModifiedSince(Mutant):
    """Confirms whatever it is asked with If-Modified-Since, and keeps no times."""

    kills = "HTTP-HEADERS"

    def answer(self, request: Request) -> Response | None:
        if "If-Modified-Since" in dict(request.headers):
            return Response(304, {}, b"")
        return super().answer(request)


class FiltersNeedAVersion(Mutant):
    """The route without a version hands no parameters on."""

    kills = "HTTP-UNVERSIONED"

    def answer(self, request: Request) -> Response | None:
        if request.version == "" and "filters" in request.target:
            request = replace(request, target=request.target.partition("?")[0])
        return super().answer(request)
