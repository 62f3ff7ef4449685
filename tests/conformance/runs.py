"""Runs made by hand, for the reports."""

from __future__ import annotations

from muster.exchange import Exchange, Request, Response
from muster.register import Level, Requirement
from muster.run import Run
from muster.target import Target
from muster.verdict import Result, Verdict

from .servers import VERSION

TARGET = Target("http", "localhost", 2375)

MUST, SHOULD, OBSERVED, LACKING = (
    Requirement(
        f"LIST-{name}",
        level,
        f"The rule of {name.lower()}, which is long enough that the line which it is told in does "
        "not hold it all.",
        f"the words of {name.lower()}",
        "seed: Query Parameters",
    )
    for name, level in [
        ("MUST", Level.MUST),
        ("SHOULD", Level.SHOULD),
        ("OBSERVED", Level.OBSERVE),
        ("LACKING", Level.MUST),
    ]
)

ANSWERED = Exchange(
    Request("/images/json?filter=it's", headers=(("X-A", "b"),)),
    Response(200, {"content-type": "application/json"}, b"[\xff]"),
)
DROPPED = Exchange(Request("/images/json", method="HEAD", version="/v9.99"), None, "dropped")

PASSED = Result(MUST, Verdict.PASS, requests=2)
FAILED = Result(
    MUST, Verdict.FAIL, "images are missing", ("- a", "+ b"), (ANSWERED, DROPPED), requests=3
)
WARNED = Result(SHOULD, Verdict.WARN, "the status is 500", (), (ANSWERED,))
SEEN = Result(OBSERVED, Verdict.OBSERVE, "HEAD is answered with status 404", (), (DROPPED,))
UNTRIED = Result(LACKING, Verdict.INCONCLUSIVE, "no image has a tag: tag one")
BLOCKED = Result(LACKING, Verdict.BLOCKED, "the fixtures could not be loaded")


def run(*results: Result, strict: bool = False, server: dict[str, str] | None = None) -> Run:
    return Run(TARGET, VERSION, 7, strict, results, server or {}, requests=9, seconds=1.26)
