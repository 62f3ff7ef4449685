"""Tests of the checks on names that `tests/mutants` does not cover."""

from __future__ import annotations

from muster.checks.listing.names import LONGEST
from muster.model.exchange import Request, Response
from muster.register.verdict import Verdict
from tests.conformance.support.checking import checked
from tests.mutants.stand_in import StandIn


class WithoutDigests(StandIn):
    def __init__(self, version: str) -> None:
        super().__init__(version)
        for each in self.images:
            each["RepoDigests"] = None


def test_references_by_digest_are_inconclusive_without_digests() -> None:
    result = checked(WithoutDigests("1.25"), "LIST-REFERENCE-DIGEST", "1.25")
    assert (result.verdict, result.message) == (
        Verdict.INCONCLUSIVE,
        "no image has a digest: pull one",
    )


class LongTags(StandIn):
    """Has more tags than fit into one request, and accepts no longer request than it must."""

    longest = 0

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.images[0]["RepoTags"] = [f"long/{'x' * 120}:{number}" for number in range(80)]

    def answer(self, request: Request) -> Response | None:
        self.longest = max(self.longest, len(request.target))
        return super().answer(request)


class RefusesManyValues(StandIn):
    """Has more tags than it accepts in one filter."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.images[0]["RepoTags"] = [f"many/app:{number}" for number in range(130)]

    def answer(self, request: Request) -> Response | None:
        if request.target.count("%22") > 2 * 100:
            return Response(400, {"content-type": "application/json"}, b'{"message":"too many"}')
        return super().answer(request)


def test_a_server_may_limit_the_values_of_a_filter() -> None:
    assert checked(RefusesManyValues("1.25"), "LIST-REFERENCE-OR", "1.25").verdict is Verdict.PASS


def test_one_request_carries_as_many_references_as_fit() -> None:
    server = LongTags("1.25")
    assert checked(server, "LIST-REFERENCE-OR", "1.25").verdict is Verdict.PASS
    assert 5_000 < server.longest <= LONGEST + len("&all=1")
