"""Servers with faults in content codings, connections and concurrency."""

from __future__ import annotations

import gzip
import json
import random
import threading
from abc import ABC, abstractmethod
from dataclasses import replace

from muster.model.exchange import Request, Response

from .mutant import Mutant


class EncodedMutant(Mutant):
    """Compresses, and is wrong in doing so."""

    kills = "HTTP-CONTENT-CODING"

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        accepted = dict(request.headers).get("Accept-Encoding", "")
        if answer is None or answer.status != 200 or not self.encodes(accepted):
            return answer
        headers = {**answer.headers, "content-encoding": "gzip"}
        return Response(200, headers, self.encoded(answer.body))

    def encodes(self, accepted: str) -> bool:
        return "gzip" in accepted and "q=0" not in accepted.replace("*;q=0", "")

    def encoded(self, body: bytes) -> bytes:
        return gzip.compress(body, mtime=0)


class CutsGzip(EncodedMutant):
    """Sends the length of the unencoded body."""

    def encoded(self, body: bytes) -> bytes:
        return gzip.compress(body, mtime=0)[:-12]


class SaysGzipAndSendsPlain(EncodedMutant):
    def encoded(self, body: bytes) -> bytes:
        return body


class EncodesAnOlderListing(EncodedMutant):
    """Caches compressed responses."""

    def encoded(self, body: bytes) -> bytes:
        rows = json.loads(body)
        older = json.dumps(rows[1:]).encode() if isinstance(rows, list) else body
        return gzip.compress(older, mtime=0)


class EncodesAgainstTheRequest(EncodedMutant):
    """Looks for the word alone."""

    def encodes(self, accepted: str) -> bool:
        return "gzip" in accepted


class EncodesUnasked(EncodedMutant):
    def encodes(self, accepted: str) -> bool:
        return accepted == "identity"


class AfterErrorMutant(Mutant, ABC):
    """State left on a connection changes the next response."""

    kills = "HTTP-AFTER-ERROR"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.left = False

    def answer(self, request: Request) -> Response | None:
        left, self.left = self.left, False
        answer = super().answer(request)
        self.left = self.leaves(request, answer)
        return self.spoiled(answer) if left and answer else answer

    @abstractmethod
    def leaves(self, request: Request, answer: Response | None) -> bool: ...

    def spoiled(self, answer: Response) -> Response:
        return self.json([])


class ErrorEmptiesTheNextListing(AfterErrorMutant):
    also = frozenset({"HTTP-CONCURRENT"})

    def leaves(self, request: Request, answer: Response | None) -> bool:
        return answer is not None and answer.status == 400 and request.version is None


class UnreadBodySpoilsTheNextRequest(AfterErrorMutant):
    """The body of a GET request is taken for the beginning of the next one."""

    def leaves(self, request: Request, answer: Response | None) -> bool:
        return request.method == "GET" and bool(request.body)

    def spoiled(self, answer: Response) -> Response:
        return self.error(400, "malformed request")


class HeadIsAnsweredWithABody(AfterErrorMutant):
    def leaves(self, request: Request, answer: Response | None) -> bool:
        return request.method == "HEAD" and request.target == "/images/json"

    def spoiled(self, answer: Response) -> Response:
        return self.error(404, "404 page not found")


class ConcurrentMutant(Mutant, ABC):
    """Shares state between requests: wrong if two different ones follow each other closely."""

    kills = "HTTP-CONCURRENT"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.targets: list[str] = []

    def answer(self, request: Request) -> Response | None:
        self.targets = [*self.targets[-40:], f"{request.version}{request.target}"]
        return super().answer(request)

    def mixed(self) -> bool:
        """Whether the same requests come by turns for the third time: from several connections."""
        if "filter" not in self.targets[-1]:
            return False
        for count in range(6, 13):
            ends = [len(self.targets) - count * turn for turn in range(4)]
            turns = [self.targets[max(end - count, 0) : max(end, 0)] for end in ends[:3]]
            if turns[0] == turns[1] == turns[2] and len(set(turns[0])) == count:
                return True
        return False

    def listing(self, parameters: dict[str, str]) -> Response:
        return super().listing(self.swapped(parameters) if self.mixed() else parameters)

    @abstractmethod
    def swapped(self, parameters: dict[str, str]) -> dict[str, str]: ...


class SharesFiltersBetweenConnections(ConcurrentMutant):
    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.last: dict[str, str] = {}

    def swapped(self, parameters: dict[str, str]) -> dict[str, str]:
        last, self.last = self.last, parameters
        return last


class FilterOfAnotherConnectionCounts(ConcurrentMutant):
    """A global variable holds `filters`."""

    def swapped(self, parameters: dict[str, str]) -> dict[str, str]:
        return {"filters": '{"dangling":["true"]}'}


class ListsNothingWhileOthersAsk(ConcurrentMutant):
    """A lock that is not waited for."""

    def swapped(self, parameters: dict[str, str]) -> dict[str, str]:
        return {"filters": '{"label":["muster.test/nothing"]}'}


class TakesVersionsForTexts(Mutant):
    """1.100 sorts below 1.23."""

    kills = "HTTP-VERSION-TOO-NEW"

    def refused(self, segment: str) -> Response | None:
        if segment and self.numbers(segment) and segment.startswith("/v1.1"):
            return None
        return super().refused(segment)


class SkipsPages(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        if parameters.get("page"):
            return self.json([])
        return super().listing(parameters)


class ListsOnePage(Mutant):
    kills = "LIST-UNKNOWN-PARAMETER"

    def listing(self, parameters: dict[str, str]) -> Response:
        answer = super().listing(parameters)
        return self.json(json.loads(answer.body)[:1]) if "per_page" in parameters else answer


class ChanceMutant(Mutant, ABC):
    """Fails occasionally on any request, but not on a retry."""

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.random = random.Random(1)  # noqa: S311 - no secret

    def answer(self, request: Request) -> Response | None:
        if request.method == "GET" and self.random.random() < 1 / 40:
            return self.failing()
        return super().answer(request)

    @abstractmethod
    def failing(self) -> Response | None: ...


class FailsByChance(ChanceMutant):
    """A pool of connections to a database that runs out."""

    kills = "LIST-REPEATABLE"

    def failing(self) -> Response | None:
        return self.error(500, "no connection is free")


class DropsByChance(ChanceMutant):
    """A process that is recycled in the middle of a request."""

    kills = "HTTP-DROPPED"

    def failing(self) -> Response | None:
        return None


class NoAbsoluteForm(Mutant):
    """Takes the whole target for the path."""

    kills = "HTTP-ABSOLUTE-FORM"

    def answer(self, request: Request) -> Response | None:
        if request.absolute:
            return self.error(404, "404 page not found")
        return super().answer(request)


class AbsoluteFormWithoutItsQuery(Mutant):
    kills = "HTTP-ABSOLUTE-FORM"

    def answer(self, request: Request) -> Response | None:
        if request.absolute:
            return super().answer(replace(request, target=request.target.partition("?")[0]))
        return super().answer(request)


class ListsOnPost(Mutant):
    """Routes by path alone."""

    kills = "HTTP-POST"

    def answer(self, request: Request) -> Response | None:
        if request.target == "/images/json":
            return super().answer(replace(request, method="GET"))
        return super().answer(request)


class KeepsAListingForEachConnection(Mutant):
    """Answers from memory until its own connection changes something."""

    kills = "PLANT-TAG"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        # A thread serves a connection; another one may have its number later.
        self.own = threading.local()

    def answer(self, request: Request) -> Response | None:
        if request.method != "GET" or request.target != "/images/json?all=1":
            return super().answer(request)
        answer = super().answer(request)
        # It forgets everything older than the loaded images.
        kept: Response | None = getattr(self.own, "kept", None)
        if kept is None or b"muster" not in kept.body:
            self.own.kept = kept = answer
        return kept


class EncodesWithoutFilters(Mutant):
    """Keeps what it compressed by the path alone."""

    kills = "HTTP-CONTENT-CODING"

    def answer(self, request: Request) -> Response | None:
        if "gzip" in dict(request.headers).get("Accept-Encoding", ""):
            request = replace(request, target=request.target.partition("?")[0])
        return super().answer(request)


class SaysGzipAndSendsPlainErrors(Mutant):
    """Errors go past what compresses, and the header does not."""

    kills = "HTTP-CONTENT-CODING"

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        accepted = dict(request.headers).get("Accept-Encoding", "")
        if answer is None or answer.status != 400 or "gzip" not in accepted:
            return answer
        return Response(400, {**answer.headers, "content-encoding": "gzip"}, answer.body)


class ErrorForgetsAll(Mutant):
    """The parser of booleans keeps its failure."""

    kills = "HTTP-AFTER-ERROR"
    left = False

    def answer(self, request: Request) -> Response | None:
        if self.left:
            request = replace(request, target=request.target.replace("all=1", "all=0"))
        answer = super().answer(request)
        self.left = answer is not None and answer.status == 400 and request.version is None
        return answer
