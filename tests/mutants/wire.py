"""Servers that are wrong about content codings, connections and several of these at once."""

from __future__ import annotations

import gzip
import json
from abc import ABC, abstractmethod

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
        return gzip.compress(body)


class CutsGzip(EncodedMutant):
    """Sends the length of what is not encoded."""

    def encoded(self, body: bytes) -> bytes:
        return gzip.compress(body)[:-12]


class SaysGzipAndSendsPlain(EncodedMutant):
    def encoded(self, body: bytes) -> bytes:
        return body


class EncodesAnOlderListing(EncodedMutant):
    """Keeps what it compressed."""

    def encoded(self, body: bytes) -> bytes:
        rows = json.loads(body)
        return gzip.compress(json.dumps(rows[1:]).encode() if isinstance(rows, list) else body)


class EncodesWhatMustBePlain(EncodedMutant):
    """Looks for the word alone."""

    def encodes(self, accepted: str) -> bool:
        return "gzip" in accepted


class EncodesUnasked(EncodedMutant):
    def encodes(self, accepted: str) -> bool:
        return accepted == "identity"


class AfterErrorMutant(Mutant, ABC):
    """What a request leaves behind on its connection changes the answer to the next."""

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
    also = frozenset({"HTTP-VERSION-TOO-OLD", "HTTP-VERSION-FORMS"})

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
