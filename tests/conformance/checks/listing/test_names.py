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


def test_one_request_carries_as_many_references_as_fit() -> None:
    server = LongTags("1.25")
    assert checked(server, "LIST-REFERENCE-OR", "1.25").verdict is Verdict.PASS
    assert 5_000 < server.longest <= LONGEST + len("&all=1")
