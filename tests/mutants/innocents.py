"""Correct servers that differ from the stand-in where the contract allows it.

The suite must accuse none of them. Where a real server has the trait, its class names it.
"""

from __future__ import annotations

import gzip
import json
import random
from abc import ABC, abstractmethod
from typing import Any

from muster.model.exchange import Request, Response

from .stand_in import Mistake, StandIn, image

Row = dict[str, Any]


class Shown(StandIn, ABC):
    """Renders images differently without changing them."""

    def shown(self, each: Row, parameters: dict[str, str]) -> Row:
        return self.otherwise(super().shown(each, parameters))

    @abstractmethod
    def otherwise(self, shown: Row) -> Row: ...


class EmptyListsForNull(Shown):
    def otherwise(self, shown: Row) -> Row:
        return shown | {name: shown[name] or [] for name in ("RepoTags", "RepoDigests")}


class NullForNoLabels(Shown):
    """Docker."""

    def otherwise(self, shown: Row) -> Row:
        return shown | {"Labels": shown["Labels"] or None}


class EmptyObjectForNoLabels(Shown):
    """The seed's examples."""

    def otherwise(self, shown: Row) -> Row:
        return shown | {"Labels": shown["Labels"] or {}}


class TagsInReverseOrder(Shown):
    def otherwise(self, shown: Row) -> Row:
        return shown | {"RepoTags": shown["RepoTags"] and shown["RepoTags"][::-1]}


class TagsByLength(Shown):
    def otherwise(self, shown: Row) -> Row:
        return shown | {"RepoTags": shown["RepoTags"] and sorted(shown["RepoTags"], key=len)}


class MembersInReverseOrder(Shown):
    def otherwise(self, shown: Row) -> Row:
        return dict(reversed(shown.items()))


class FurtherMembers(Shown):
    """podman and swarm add their own."""

    def otherwise(self, shown: Row) -> Row:
        return shown | {"Dangling": False, "Arch": "amd64", "History": ["a", "b"]}


class FurtherMembersWithNulls(Shown):
    def otherwise(self, shown: Row) -> Row:
        return shown | {"X-Engine": None, "x": {"y": [None, {}]}}


class BareIds(StandIn):
    """The seed's examples write Ids without `sha256:`."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each["Id"] = each["Id"].removeprefix("sha256:")
            each["ParentId"] = each["ParentId"].removeprefix("sha256:")


class NoParentId(Shown):
    """The seed's examples leave it out; later versions require it."""

    versions = ("1.23",)

    def otherwise(self, shown: Row) -> Row:
        return shown if shown["ParentId"] else {k: v for k, v in shown.items() if k != "ParentId"}


class LargeSizes(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each["Size"] = each["VirtualSize"] = 2**53 - 1


class NoSizes(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each["Size"] = each["VirtualSize"] = 0


class OneSecondForAll(StandIn):
    """A store that a build service fills with reproducible images."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each["Created"] = 1451606400


class TiesInAnyOrder(StandIn):
    """Go sorts by time alone, and not stably."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.random = random.Random(0)  # noqa: S311 - no secret

    def ordered(self, images: list[Row]) -> list[Row]:
        return super().ordered(self.random.sample(images, len(images)))


class NothingAtAll(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images = []


class OneImage(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images = self.images[5:6]
        self.images[0]["ParentId"] = ""


class OneUntaggedImage(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images = [image("lonely", 1456833600, Labels={"k": "v"})]


class ManyImages(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images += [
            image(f"many{n}", 1400000000 + n, RepoTags=[f"many/{n % 50}:{n}"], Labels={"n": str(n)})
            for n in range(250)
        ]


class LongNames(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[1]["RepoTags"] = [f"{'a' * 60}/{'b' * 60}/{'c' * 60}:{'T' * 128}"]


class OddLabels(StandIn):
    """Labels as monorepos have them: long, in many scripts, with joiners and direction marks."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[2]["Labels"] = {
            "long": "x" * 5000,
            "joined": "a\N{ZERO WIDTH JOINER}b\N{RIGHT-TO-LEFT OVERRIDE}c",
            "\N{LATIN SMALL LETTER A WITH RING ABOVE}ngstrom": "composed",
            "a\N{COMBINING RING ABOVE}ngstrom": "decomposed",
            "": "no key",
        }


class Answering(StandIn, ABC):
    """Writes its answers another way."""

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        return answer and self.written(request, answer)

    @abstractmethod
    def written(self, request: Request, answer: Response) -> Response: ...


class GzipWhenAsked(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        accepted = dict(request.headers).get("Accept-Encoding", "")
        if "gzip" not in accepted or "gzip;q=0" in accepted.replace("q=0.", ""):
            return answer
        headers = {**answer.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
        return Response(answer.status, headers, gzip.compress(answer.body, mtime=0))


class HeadersOfAProxy(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        further = {"via": "1.1 proxy", "x-request-id": "7", "cache-control": "no-store", "age": "0"}
        return Response(answer.status, {**answer.headers, **further}, answer.body)


class CharsetInTheMediaType(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        headers = dict(answer.headers)
        if headers.get("content-type") == "application/json":
            headers["content-type"] = "application/json; charset=utf-8"
        return Response(answer.status, headers, answer.body)


class MediaTypeInCapitals(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        headers = {name: value.replace("json", "JSON") for name, value in answer.headers.items()}
        return Response(answer.status, headers, answer.body)


class EntityTags(Answering):
    """Answers 304 for unchanged listings."""

    def written(self, request: Request, answer: Response) -> Response:
        tag = f'"{hash(answer.body)}"'
        if answer.status == 200 and dict(request.headers).get("If-None-Match") == tag:
            return Response(304, {"etag": tag}, b"")
        return Response(answer.status, {**answer.headers, "etag": tag}, answer.body)


class IndentedJson(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        if answer.headers.get("content-type") != "application/json":
            return answer
        text = json.dumps(json.loads(answer.body), indent=4, ensure_ascii=False)
        return Response(answer.status, answer.headers, f"\n{text}\n".encode())


class EscapedJson(Answering):
    """Go escapes &, < and >."""

    def written(self, request: Request, answer: Response) -> Response:
        text = answer.body.decode()
        if answer.headers.get("content-type") == "application/json":
            for each in "&<>":
                text = text.replace(each, f"\\u{ord(each):04x}")
        return Response(answer.status, answer.headers, text.encode())


class MethodNotAllowed(Answering):
    """Answers 405 where the path has other methods."""

    def written(self, request: Request, answer: Response) -> Response:
        if request.method == "HEAD" and answer.status == 404:
            return Response(405, {**answer.headers, "allow": "GET"}, answer.body)
        return answer


class ServerErrorsForMistakes(Answering):
    """Docker before 23.0 answers 500; a warning, and no failure."""

    warned = frozenset({"LIST-ERROR-STATUS", "HTTP-QUERY-MALFORMED"})

    def written(self, request: Request, answer: Response) -> Response:
        status = 500 if answer.status == 400 and not request.version else answer.status
        return Response(status, answer.headers, answer.body)


class LongFiltersAreRefused(StandIn):
    """A limit of 8 KiB for the target, as nginx has."""

    def answer(self, request: Request) -> Response | None:
        if len(request.target) > 8192:
            return Response(414, {"content-type": "text/html"}, b"<html>414</html>")
        return super().answer(request)


class OldestIsLater(StandIn):
    """Docker 29 serves no version below 1.44."""

    def oldest(self) -> tuple[int, int]:
        return (1, self.minor)


class IntermediateImagesByThousands(StandIn):
    """A builder's cache."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        below = self.images[-2]["Id"]
        for n in range(40):
            self.images.append(image(f"step{n}", 1000000000 + n, ParentId=below))
            below = self.images[-1]["Id"]


class UntaggedOnly(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each |= {"RepoTags": None, "RepoDigests": None}


class SeveralDigests(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            names = {tag.rpartition(":")[0] for tag in each["RepoTags"] or ()}
            digest = f"sha256:{each['Id'][7:]}"
            each["RepoDigests"] = sorted(f"{name}@{digest}" for name in names) or None


class Sha512Digests(StandIn):
    """The OCI image specification registers sha512 beside sha256; 1.23 is older than that."""

    versions = ("1.44",)

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[0]["RepoDigests"] = [f"pulled/only@sha512:{'ab' * 64}"]


class RegistriesWithPorts(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            if each["RepoTags"]:
                each["RepoTags"] = sorted(f"registry.test:5000/{tag}" for tag in each["RepoTags"])
                each["RepoDigests"] = None


class ShortAndLongTags(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[1]["RepoTags"] = ["a:1", "a:10", "a:100", "aa:1", "b/a:1"]


class DatesBefore1970(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[-1]["Created"] = -315619200


class DatesInTheFuture(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[0]["Created"] = 4102444800


class UndatedImages(StandIn):
    """Zero in Go, and in Unix."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[-1]["Created"] = -62135596800
        self.images[-2]["Created"] = 0


class GzipsErrorsToo(Answering):
    """Go's gzip handlers compress whatever a client takes encoded."""

    def written(self, request: Request, answer: Response) -> Response:
        if dict(request.headers).get("Accept-Encoding", "").split(",")[0] != "gzip":
            return answer
        headers = {**answer.headers, "content-encoding": "gzip"}
        return Response(answer.status, headers, gzip.compress(answer.body, mtime=0))


class WeakEntityTags(Answering):
    """nginx weakens the tag of what it compresses."""

    def written(self, request: Request, answer: Response) -> Response:
        tag = f'W/"{hash(answer.body)}"'
        if answer.status == 200 and tag in dict(request.headers).get("If-None-Match", ""):
            return Response(304, {"etag": tag}, b"")
        return Response(answer.status, {**answer.headers, "etag": tag}, answer.body)


class DatesItsListings(Answering):
    """Says when the listing was last modified, which was not in 1970."""

    def written(self, request: Request, answer: Response) -> Response:
        changed = "Mon, 06 Jun 2016 00:00:00 GMT"
        return Response(answer.status, {**answer.headers, "last-modified": changed}, answer.body)


class HeadersOfDocker(Answering):
    def written(self, request: Request, answer: Response) -> Response:
        further = {"api-version": "1.44", "docker-experimental": "false", "ostype": "linux"}
        return Response(answer.status, {**answer.headers, **further}, answer.body)


class RefusesBothWordsOfDangling(StandIn):
    """Docker from 24.0 on."""

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        if {"true", "false"} <= {*filters.get("dangling", ())}:
            raise Mistake("Invalid filter 'dangling=[true false]'")
        return super().dangling(filters)


class OneAndZeroAreWordsOfDangling(StandIn):
    """Docker from 24.0 on."""

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        words = {"1": "true", "0": "false"}
        read = [words.get(value, value) for value in filters.get("dangling", ())]
        return super().dangling({"dangling": read} if "dangling" in filters else {})


class DigestsInAnyOrder(SeveralDigests):
    """Go's maps have none."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.random = random.Random(0)  # noqa: S311 - no secret

    def shown(self, each: Row, parameters: dict[str, str]) -> Row:
        shown = super().shown(each, parameters)
        digests = shown["RepoDigests"] or []
        return shown | {"RepoDigests": self.random.sample(digests, len(digests)) or None}


class TiesInTheOrderOfIds(StandIn):
    def ordered(self, images: list[Row]) -> list[Row]:
        return super().ordered(sorted(images, key=lambda each: str(each["Id"])))


class TwoHundredLabels(StandIn):
    """What build systems write on every image."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[3]["Labels"] = {f"org.example.build.{n}": f"value {n}" for n in range(200)}


class LabelsThatLookLikeSyntax(StandIn):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        keys = ("a.b", "a..b", "a/b", "a:b", "a b", "[a]", "{a}", "a,b", "%41", "a&b", "#a", "*")
        self.images[3]["Labels"] = {key: f"{key}={key}" for key in keys}


class OneMinuteForAll(StandIn):
    """A pipeline that builds its images one second after the other."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for second, each in enumerate(reversed(self.images)):
            each["Created"] = 1451606400 + second


class FutureOnly(StandIn):
    """The clock of the builder is ahead."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        for each in self.images:
            each["Created"] += 3_000_000_000
