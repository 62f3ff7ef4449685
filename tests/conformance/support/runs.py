"""Made-up runs, for the reports."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from muster.model.exchange import Exchange, Request, Response
from muster.model.version import ApiVersion
from muster.record.build import build_record
from muster.record.record import Record
from muster.register.requirements import Level, Need, Requirement
from muster.register.verdict import Result, Verdict
from muster.suite.results import Options, Run, Session
from muster.transport.curl import DIRECT, CurlOptions
from muster.transport.target import Target

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
    MUST, Verdict.FAIL, "images are missing", ("- a", "+ b"), (ANSWERED, DROPPED), 3, 0.2504
)
WARNED = Result(SHOULD, Verdict.WARN, "the status is 500", (), (ANSWERED,))
SEEN = Result(OBSERVED, Verdict.OBSERVE, "HEAD is answered with status 404", (), (DROPPED,))
UNTRIED = Result(LACKING, Verdict.INCONCLUSIVE, "no image has a tag: tag one")
BLOCKED = Result(LACKING, Verdict.BLOCKED, "the fixtures could not be loaded")


def run(*results: Result, strict: bool = False, server: dict[str, str] | None = None) -> Run:
    return Run(TARGET, VERSION, 7, strict, results, server or {}, requests=9, seconds=1.26)


GOOD, PLANTED, LATE = (
    dataclasses.replace(MUST, id="LIST-GOOD"),
    dataclasses.replace(LACKING, id="LIST-PLANTED", need=Need.PLANTED),
    dataclasses.replace(LACKING, id="LIST-LATE", since=ApiVersion(1, 30)),
)
REGISTER = {each.id: each for each in (MUST, GOOD, SHOULD, OBSERVED, LACKING, PLANTED, LATE)}
STARTED = datetime(2016, 5, 4, 9, 30, tzinfo=UTC)


def at(version: str, finished: Run) -> Run:
    """*finished*, as if made at another API version."""
    return dataclasses.replace(finished, version=ApiVersion.parse(version))


def made(
    *runs: Run,
    aborted_because: str = "",
    options: Options | None = None,
    provided: frozenset[Need] = frozenset(),
    curl_options: CurlOptions = DIRECT,
) -> Record:
    """Return the record of *runs*."""
    session = Session(runs, options or Options(), STARTED, aborted_because, provided)
    return build_record(session, REGISTER, "0.1.0", curl_options=curl_options)
