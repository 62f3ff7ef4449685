"""Tests of the checks on connections and codings that `tests/mutants` does not cover."""

from __future__ import annotations

import gzip

import pytest

from muster.model.exchange import Request, Response
from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.innocents import Answering
from tests.mutants.stand_in import StandIn
from tests.mutants.wire import (
    CutsGzip,
    EncodesUnasked,
    EncodesWithoutFilters,
    ErrorForgetsAll,
    SaysGzipAndSendsPlainErrors,
)


class OtherCoding(StandIn):
    """Answers with a coding that is not gzip."""

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if answer is None or "br" not in dict(request.headers).get("Accept-Encoding", ""):
            return answer
        return Response(answer.status, {**answer.headers, "content-encoding": "br"}, answer.body)


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (EncodesUnasked(), "is encoded as gzip, which the client does not accept"),
        (CutsGzip(), "an answer encoded as gzip cannot be read"),
        (OtherCoding(), "is encoded as br"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_content_coding_must_be_requested_and_decodable(server: StandIn, words: str) -> None:
    result = checked(server, "HTTP-CONTENT-CODING")
    assert result.verdict is Verdict.FAIL
    assert words in result.message


class OldGzip(Answering):
    """Calls gzip by its old name."""

    def written(self, request: Request, answer: Response) -> Response:
        if dict(request.headers).get("Accept-Encoding") != "gzip":
            return answer
        headers = {**answer.headers, "content-encoding": "x-gzip"}
        return Response(answer.status, headers, gzip.compress(answer.body))


def test_gzip_may_be_called_x_gzip() -> None:
    assert checked(OldGzip(), "HTTP-CONTENT-CODING").verdict is Verdict.PASS


class Unsteady(StandIn):
    """Answers everything but the full listing with another status each time."""

    count = 0

    def answer(self, request: Request) -> Response | None:
        self.count += 1
        answer = super().answer(request)
        if answer is None or "all=1" in request.target:
            return answer
        return Response(200 + self.count % 97, answer.headers, answer.body)


def test_an_unsteady_server_is_inconclusive_for_concurrency() -> None:
    result = checked(Unsteady(), "HTTP-CONCURRENT")
    assert (result.verdict, "LIST-REPEATABLE" in result.message) == (Verdict.INCONCLUSIVE, True)


class DropsBetweenOthers(StandIn):
    """Closes a connection if two requests before it were other ones than before these."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def answer(self, request: Request) -> Response | None:
        self.targets.append(request.target)
        answer = super().answer(request)
        repeated = self.targets.count(request.target) > 4
        return None if repeated and "digests" in request.target else answer


def test_a_closed_connection_is_not_a_mixed_up_response() -> None:
    assert checked(DropsBetweenOthers(), "HTTP-CONCURRENT").verdict is Verdict.PASS


class DropsDigests(StandIn):
    """Closes the connection of every request for digests."""

    def answer(self, request: Request) -> Response | None:
        return None if "digests" in request.target else super().answer(request)


def test_an_unanswered_request_is_not_a_mixed_up_response() -> None:
    assert checked(DropsDigests(), "HTTP-CONCURRENT").verdict is Verdict.PASS


class FailsUnderLoad(StandIn):
    """Answers filters with 500 under concurrency: once each connection has sent two requests."""

    digests = 0

    def answer(self, request: Request) -> Response | None:
        self.digests += request.target == "/images/json?digests=1"
        # Of six requests for digests the check sends two alone, and four with others.
        alone = (self.digests - 1) % 6 < 2 or not self.digests
        return (
            self.error(500, "busy")
            if "filter" in request.target and not alone
            else (super().answer(request))
        )


def test_a_server_that_fails_under_concurrency_is_found() -> None:
    result = checked(FailsUnderLoad(), "HTTP-CONCURRENT")
    assert (result.verdict, "while other connections ask" in result.message) == (
        Verdict.FAIL,
        True,
    )


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (EncodesWithoutFilters(), "changes a filtered listing"),
        (SaysGzipAndSendsPlainErrors(), "cannot be read"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_filtered_listings_and_errors_are_decoded_too(server: StandIn, words: str) -> None:
    result = checked(server, "HTTP-CONTENT-CODING")
    assert result.verdict is Verdict.FAIL
    assert words in result.message


class NoList(Answering):
    """Compresses something else."""

    def written(self, request: Request, answer: Response) -> Response:
        if "gzip" not in dict(request.headers).get("Accept-Encoding", ""):
            return answer
        headers = {**answer.headers, "content-encoding": "gzip"}
        return Response(answer.status, headers, gzip.compress(b"{}"))


def test_the_encoded_content_must_be_a_listing() -> None:
    assert "no listing" in checked(NoList(), "HTTP-CONTENT-CODING").message


class NoDangling(StandIn):
    def known(self, key: str) -> None:
        super().known("" if key == "dangling" else key)


def test_filters_that_are_refused_are_left_out() -> None:
    assert checked(NoDangling(), "HTTP-CONTENT-CODING").verdict is Verdict.PASS
    assert checked(NoDangling(), "HTTP-UNVERSIONED").verdict is Verdict.PASS


def test_the_full_listing_behind_an_error_counts() -> None:
    result = checked(ErrorForgetsAll(), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.FAIL
