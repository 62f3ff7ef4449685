"""Records made by hand, for the report as a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from muster.record.record import (
    BaselineEntryRef,
    Record,
    RecordedBaseline,
    RecordedExchange,
    RecordedRequest,
    RecordedRequirement,
    RecordedResponse,
    RecordedResult,
    RecordedVersion,
    Unchecked,
)
from muster.register.requirements import Level
from muster.register.verdict import Verdict
from muster.suite.results import Options


def requirement(name: str, level: Level = Level.MUST) -> RecordedRequirement:
    return RecordedRequirement(
        id=name,
        level=level,
        rule=f"The rule of {name.rpartition('-')[2].lower()}.",
        clause=f"the words of {name}",
        source="seed: Query Parameters",
        why="Clients would break.",
        seen=("podman 4.3",),
    )


FAILS, LACKS, KNOWN, HOLDS, LATER = (
    requirement(f"LIST-{name}") for name in ("FAILS", "LACKS", "KNOWN", "HOLDS", "LATER")
)
WARNS = requirement("LIST-WARNS", Level.SHOULD)
SEEN = requirement("HTTP-SEEN", Level.OBSERVE)


def exchange(body: str, *, cut: bool = False) -> RecordedExchange:
    return RecordedExchange(
        request=RecordedRequest(
            method="GET", target="/v1.24/images/json?filter=it's", headers=(("X-A", "b"),)
        ),
        response=RecordedResponse(
            status=200,
            headers={"content-type": "application/json"},
            body=body,
            size=len(body.encode()),
            cut=cut,
        ),
    )


DROPPED = RecordedExchange(
    request=RecordedRequest(method="HEAD", target="/v9.99/images/json"),
    response=None,
    error="the server closed the connection",
)
LISTING = exchange('[{"Id":"' + "b" * 64 + '","RepoTags":["a:1","b:1"],"Labels":{}}]')
CURL = """curl -sS -i 'http://localhost:2375/v1.24/images/json?filter=it'"'"'s'"""


def result(
    of: RecordedRequirement, verdict: Verdict, message: str = "", **members: Any
) -> RecordedResult:
    members = {"api_version": "1.24", **members}
    return RecordedResult(
        requirement=of.id,
        level=of.level,
        rule=of.rule,
        clause=of.clause,
        source=of.source,
        verdict=verdict,
        message=message,
        **members,
    )


FAILED = result(
    FAILS,
    Verdict.FAIL,
    "images are missing",
    difference=("- missing: a", "+ unexpected: b", "… and 3 more lines"),
    case="/images/json?filter=it's",
    reproduce=(CURL,),
    exchanges=(LISTING, DROPPED),
)
WARNED = result(
    WARNS,
    Verdict.WARN,
    "the status is 500",
    difference=("- RepoTags of b: [a:1, b:1]", "+ RepoTags of b: [a:1, c:1]"),
    reproduce=(CURL,),
    exchanges=(exchange("no JSON"),),
)
UNTRIED = result(LACKS, Verdict.INCONCLUSIVE, "no image has a tag: tag one")
EXCUSED = result(
    KNOWN,
    Verdict.FAIL,
    "it is old",
    exchanges=(DROPPED,),
    known=BaselineEntryRef(
        reason="old engine", link="https://localhost/issue/1", expires="2030-01-01"
    ),
)
OBSERVED = result(SEEN, Verdict.OBSERVE, "HEAD is answered with status 404", exchanges=(DROPPED,))
PASSED = result(HOLDS, Verdict.PASS)
GAP = Unchecked(requirement=LATER.id, api_version="", kind="planting", why="only with --plant")


def record(*results: RecordedResult, **members: Any) -> Record:
    versions = dict.fromkeys(each.api_version for each in results)
    return Record(
        **{
            "format": 1,
            "muster": "0.1.0",
            "target": "http://localhost:2375",
            "api_version": "1.24",
            "server": {"Name": "Engine", "Version": "1.11.2"},
            "seed": 7,
            "strict": False,
            "started": "2016-05-04T09:30:00Z",
            "requests": 9,
            "seconds": 1.26,
            "options": Options(),
            "conforms": False,
            "exit_status": 1,
            "summary": {verdict: sum(r.verdict is verdict for r in results) for verdict in Verdict},
            "versions": tuple(
                RecordedVersion(api_version=each, document=each, document_sha256="0" * 64)
                for each in versions
            ),
            "results": results,
            "unchecked": (GAP,),
            "requirements": (HOLDS, FAILS, WARNS, LACKS, SEEN, KNOWN, LATER),
            **members,
        }
    )


def report() -> Record:
    """Return the record of a run with every kind of result."""
    baseline = RecordedBaseline(file="known.toml", problems=("LIST-HOLDS passes: take it out",))
    return record(PASSED, FAILED, WARNED, UNTRIED, OBSERVED, EXCUSED, baseline=baseline)


def versions() -> Record:
    """Return the record of a run at two API versions."""
    later = {"api_version": "1.25"}
    return record(
        PASSED,
        FAILED,
        EXCUSED,
        replace(PASSED, **later),
        replace(FAILED, **later, verdict=Verdict.PASS, message="", exchanges=(), difference=()),
        replace(EXCUSED, **later),
        result(LATER, Verdict.PASS, **later),
        unchecked=(replace(GAP, api_version="1.24", kind="version", why="not before API 1.25"),),
    )


ATTACK = (
    "</pre></script></style></title>--><script>window.hacked=1</script>"
    "<img src=x onerror=window.hacked=1><base href=//localhost>"
    "\" onmouseover='window.hacked=1' {{ 7 * 7 }} javascript:alert(1) "
    "\x00\x07\x08\x1b[31m\x7f\x9b\u202e\u2028\ud800" + "W" * 2000
)


def hostile() -> Record:
    """Return the record of a run against a server that sends ATTACK wherever it can."""
    attacks = tuple(
        RecordedExchange(
            request=RecordedRequest(method="GET", target=ATTACK, headers=((ATTACK, ATTACK),)),
            response=RecordedResponse(
                status=200, headers={ATTACK: ATTACK}, body=body, size=1, cut=cut
            ),
            error=ATTACK,
        )
        for body, cut in [(ATTACK, False), ("[" * 20000, True), (f'["{ATTACK}"]', True)]
    )
    attacked = replace(
        FAILED,
        message=ATTACK,
        difference=(f"- a: {ATTACK}", f"+ a: {ATTACK}x", ATTACK),
        case=ATTACK,
        reproduce=(ATTACK,),
        exchanges=(*attacks, replace(DROPPED, error=ATTACK)),
        known=BaselineEntryRef(reason=ATTACK, link="javascript:window.hacked=1", expires=ATTACK),
    )
    said = {
        "server": {"Name": ATTACK, "Version": ATTACK},
        "target": ATTACK,
        "aborted_because": ATTACK,
    }
    return record(attacked, replace(attacked, known=None), **said)
