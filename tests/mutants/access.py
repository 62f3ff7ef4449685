"""Servers with faulty access control: each verifies signatures except for one aspect."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import json
import re
import time
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from muster.model.exchange import Request, Response
from muster.transport.signing import Credentials

from .mutant import Mutant
from .stand_in import StandIn

KEYS = Credentials("AKSTANDIN", "SKstandInSecretOfTheTests", "us-west-1")
SCHEME = re.compile(
    r"HYPER-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/(\w+)/hyper_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard(StandIn):
    """Refuses unsigned requests; each rule is a separate method."""

    def answer(self, request: Request) -> Response | None:
        if request.target == "/_ping":
            return self.json("OK")
        try:
            self.admit(request)
        except Refused as error:
            return self.refuse(error)
        return super().answer(request)

    def refuse(self, refused: Refused) -> Response:
        answer = self.error(refused.status, str(refused))
        challenge = {"www-authenticate": "HYPER-HMAC-SHA256"} if refused.status == 401 else {}
        return Response(answer.status, {**answer.headers, **challenge}, answer.body)

    def admit(self, request: Request) -> None:
        headers = {name.lower(): value for name, value in request.headers}
        if "authorization" not in headers:
            self.unsigned(request)
            return
        found = SCHEME.fullmatch(headers["authorization"])
        if found is None:
            raise Refused(401, "malformed")
        key, day, region, service, names, signature = found.groups()
        covered = names.split(";")
        self.covers(covered, service)
        secret = self.secret(key)
        scope = (day, region, service, "hyper_request")
        text = "\n".join(
            [
                "HYPER-HMAC-SHA256",
                headers["x-hyper-date"],
                "/".join(scope),
                hashlib.sha256(self.canonical(request, headers, covered).encode()).hexdigest(),
            ]
        )
        chain = b"HYPER" + secret.encode()
        for part in (*scope, text):
            chain = hmac.digest(chain, part.encode(), "sha256")
        if chain.hex() != signature:
            raise Refused(401, "wrong signature")
        self.is_ours(region)
        self.is_of_today(headers["x-hyper-date"])
        self.is_the_body(headers["x-hyper-content-sha256"], request.body)

    def unsigned(self, request: Request) -> None:
        raise Refused(401, "not signed")

    def covers(self, covered: list[str], service: str) -> None:
        if {"host", "x-hyper-date", "x-hyper-content-sha256"} - set(covered) or service != "hyper":
            raise Refused(401, "malformed")

    def secret(self, key: str) -> str:
        if key != KEYS.access_key:
            raise Refused(401, "unknown key")
        return KEYS.secret_key

    def canonical(self, request: Request, headers: dict[str, str], covered: list[str]) -> str:
        path, _, query = request.target.partition("?")
        segment = f"/v1.{self.minor}" if request.version is None else request.version
        lines = "".join(f"{name}:{self.covered_value(name, headers)}\n" for name in covered)
        return "\n".join(
            [
                self.signed_method(request),
                "/".join(quote(unquote(p), safe="") for p in self.path(segment, path) if p),
                self.query(query),
                lines,
                ";".join(covered),
                self.signed_hash(headers),
            ]
        )

    def signed_method(self, request: Request) -> str:
        return request.method

    def path(self, segment: str, path: str) -> list[str]:
        return (segment + path).split("/")

    def query(self, query: str) -> str:
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        return "&".join(
            f"{quote(unquote_plus(name), safe='')}={quote(unquote_plus(value), safe='')}"
            for name, _, value in sorted(pairs, key=lambda pair: unquote_plus(pair[0]))
        )

    def covered_value(self, name: str, headers: dict[str, str]) -> str:
        return headers[name]

    def signed_hash(self, headers: dict[str, str]) -> str:
        return headers["x-hyper-content-sha256"]

    def is_ours(self, region: str) -> None:
        if region != KEYS.region:
            raise Refused(403, "another region")

    def is_of_today(self, date: str) -> None:
        at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        if abs(time.time() - at) > 900:
            raise Refused(403, "expired")

    def is_the_body(self, said: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != said:
            raise Refused(403, "another body")


class AnswersTheUnsigned(Guard, Mutant):
    kills = "ACCESS-UNSIGNED"

    def unsigned(self, request: Request) -> None:
        """Let everybody in."""


class GuardsThePlainListingAlone(Guard, Mutant):
    kills = "ACCESS-UNSIGNED"

    def unsigned(self, request: Request) -> None:
        if "?" not in request.target:
            super().unsigned(request)


class ShowsImagesWithTheRefusal(Guard, Mutant):
    kills = "ACCESS-UNSIGNED"
    also = frozenset(
        f"ACCESS-{name}" for name in ("METHOD", "FORM", "KEY", "ALTERED", "TIME", "REGION", "BODY")
    )

    def refuse(self, refused: Refused) -> Response:
        answer = super().refuse(refused)
        shown = json.dumps({"message": str(refused), "images": [i["Id"] for i in self.images]})
        return Response(answer.status, answer.headers, shown.encode())


class GuardsGetAlone(Guard, Mutant):
    kills = "ACCESS-METHOD"
    also = frozenset({"ACCESS-STATUS"})

    def answer(self, request: Request) -> Response | None:
        if request.method == "HEAD":
            return Response(200, {"content-type": "application/json"}, b"")
        return super().answer(request)


class TakesTheMethodFromAHeader(Guard, Mutant):
    kills = "ACCESS-METHOD"

    def unsigned(self, request: Request) -> None:
        if ("X-HTTP-Method-Override", "OPTIONS") not in request.headers:
            super().unsigned(request)


class ForgetsTheMethod(Guard, Mutant):
    kills = "ACCESS-METHOD"

    def admit(self, request: Request) -> None:
        try:
            super().admit(request)
        except Refused as error:
            if error.status != 401:
                raise
            other = {"GET": "HEAD", "HEAD": "GET"}.get(request.method, request.method)
            super().admit(Request(request.target, other, request.version, request.headers))


class TakesAnyCoverage(Guard, Mutant):
    kills = "ACCESS-FORM"
    also = frozenset({"ACCESS-STATUS"})

    def covers(self, covered: list[str], service: str) -> None:
        """Take what is listed."""


class TrustsTheKeyThatIsSent(Guard, Mutant):
    """Takes an empty secret for keys that it does not know."""

    kills = "ACCESS-KEY"
    also = frozenset({"ACCESS-STATUS"})

    def admit(self, request: Request) -> None:
        if any("Credential=MUSTERKNOWSNOBODY" in value for _, value in request.headers):
            return
        super().admit(request)


class ForgetsThePath(Guard, Mutant):
    kills = "ACCESS-ALTERED"

    def path(self, segment: str, path: str) -> list[str]:
        return f"{segment}/version".split("/") if self.lenient else super().path(segment, path)

    lenient = False

    def admit(self, request: Request) -> None:
        try:
            super().admit(request)
        except Refused as error:
            if error.status != 401:
                raise
            self.lenient = True
            super().admit(request)
        finally:
            self.lenient = False


class ForgetsTheQuery(ForgetsThePath):
    kills = "ACCESS-ALTERED"

    def path(self, segment: str, path: str) -> list[str]:
        return Guard.path(self, segment, path)

    def query(self, query: str) -> str:
        return "" if self.lenient else super().query(query)


class ForgetsHeaders(ForgetsThePath):
    kills = "ACCESS-ALTERED"

    def path(self, segment: str, path: str) -> list[str]:
        return Guard.path(self, segment, path)

    def covered_value(self, name: str, headers: dict[str, str]) -> str:
        value = super().covered_value(name, headers)
        return "application/json" if self.lenient and name == "content-type" else value


class ForgetsTheHash(ForgetsThePath):
    kills = "ACCESS-ALTERED"

    def path(self, segment: str, path: str) -> list[str]:
        return Guard.path(self, segment, path)

    def covered_value(self, name: str, headers: dict[str, str]) -> str:
        value = super().covered_value(name, headers)
        return EMPTY if self.lenient and name == "x-hyper-content-sha256" else value

    def signed_hash(self, headers: dict[str, str]) -> str:
        return EMPTY if self.lenient else super().signed_hash(headers)

    def is_the_body(self, said: str, body: bytes) -> None:
        if not self.lenient:
            super().is_the_body(said, body)


class NeverExpires(Guard, Mutant):
    kills = "ACCESS-TIME"
    also = frozenset({"ACCESS-STATUS"})

    def is_of_today(self, date: str) -> None:
        """Take every time."""


class TakesTheFuture(Guard, Mutant):
    kills = "ACCESS-TIME"

    def is_of_today(self, date: str) -> None:
        if calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ")) < time.time():
            super().is_of_today(date)


class ServesEveryRegion(Guard, Mutant):
    kills = "ACCESS-REGION"
    also = frozenset({"ACCESS-STATUS"})

    def is_ours(self, region: str) -> None:
        """Take every region."""


class ForgetsTheBody(Guard, Mutant):
    kills = "ACCESS-BODY"
    also = frozenset({"ACCESS-STATUS"})

    def is_the_body(self, said: str, body: bytes) -> None:
        """Take every body."""


class RefusesAsAMistake(Guard, Mutant):
    kills = "ACCESS-STATUS"

    def refuse(self, refused: Refused) -> Response:
        return super().refuse(Refused(400, str(refused)))


class ForbidsTheUnsigned(Guard, Mutant):
    kills = "ACCESS-STATUS"

    def refuse(self, refused: Refused) -> Response:
        return super().refuse(Refused(403, str(refused)))


class DoesNotSayHowToSign(Guard, Mutant):
    kills = "ACCESS-CHALLENGE"

    def refuse(self, refused: Refused) -> Response:
        return self.error(refused.status, str(refused))


class AsksForABasicPassword(Guard, Mutant):
    kills = "ACCESS-CHALLENGE"

    def refuse(self, refused: Refused) -> Response:
        answer: Any = super().refuse(refused)
        return Response(answer.status, {**answer.headers, "www-authenticate": "Basic"}, answer.body)
