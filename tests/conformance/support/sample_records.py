"""Records of every kind of run, for the reports to tell."""

from __future__ import annotations

import dataclasses
import datetime as dt

from muster.model.exchange import Exchange, Response
from muster.model.query import Query
from muster.record.baseline import Baseline, Entry, apply
from muster.record.outcome import INTERRUPTED
from muster.register.requirements import Need
from muster.register.verdict import Result, Verdict
from muster.suite.results import Options, Run
from muster.transport.curl import CurlOptions

from .runs import (
    BLOCKED,
    FAILED,
    GOOD,
    LATE,
    MUST,
    OBSERVED,
    PASSED,
    PLANTED,
    SEEN,
    SHOULD,
    UNTRIED,
    WARNED,
    at,
    made,
    run,
)

SERVER = {"Version": "1.11.2", "Name": "Engine", "Os": "linux"}
TODAY = dt.date(2016, 5, 4)

ID = "sha256:" + "0123456789ab" + "c" * 52
TAGS = ", ".join(f"registry.example:5000/team/image:{number}" for number in range(9))
LABELLED = Exchange(
    Query(filters={"label": ["ключ=a b"]}).request(),
    Response(200, {"content-type": "application/json"}, b'[{"Id": "sha256:0"}]'),
)
FAULTY = Exchange(
    Query(filters={"dangling": ["true"]}).request(),
    Response(500, {"content-type": "application/json"}, b'{"message": "no such \\u001b[2Jfilter"}'),
)
LONG = Result(
    MUST,
    Verdict.FAIL,
    f"GET {LABELLED.request.target} shows image {ID} with other RepoTags",
    (
        f"- RepoTags of {ID}: [{TAGS}, x:1]",
        f"+ RepoTags of {ID}: [{TAGS}, x:2, y:1]",
        f"+ unexpected: {ID}",
    ),
    (LABELLED, FAULTY),
)

FINE = Result(GOOD, Verdict.PASS)
PASSED_LATE = Result(LATE, Verdict.PASS)
FAILED_LATE = dataclasses.replace(FAILED, requirement=LATE)
PASSED_SHOULD = Result(SHOULD, Verdict.PASS)
SEEN_OTHERWISE = Result(OBSERVED, Verdict.OBSERVE, "HEAD is answered with status 405")


def _several() -> list[Run]:
    return [
        at("1.23", run(PASSED, FINE, WARNED, SEEN, UNTRIED)),
        at("1.24", run(FAILED, WARNED, SEEN, UNTRIED)),
        at("1.25", run(FAILED, WARNED, SEEN, UNTRIED)),
        at("1.44", run(FAILED, PASSED_SHOULD, SEEN_OTHERWISE, UNTRIED, FAILED_LATE)),
    ]


def _all() -> list[Result]:
    return [
        PASSED,
        FINE,
        PASSED_SHOULD,
        SEEN,
        UNTRIED,
        dataclasses.replace(FAILED, requirement=PLANTED),
        PASSED_LATE,
    ]


KNOWN = Baseline(
    "known.toml",
    (
        Entry("LIST-MUST", "The engine is old.", link="https://example.org/1"),
        Entry("LIST-SHOULD", "Nobody asks for it.", expires=dt.date(2016, 5, 3)),
        Entry("LIST-OBSERVED", "It was so once."),
    ),
)
HELD = Baseline("known.toml", KNOWN.entries[:1])

SCENES = {
    "fails": made(run(FAILED, FINE, WARNED, SEEN, UNTRIED, server=SERVER)),
    "conforms": made(
        run(FINE, PASSED_SHOULD, SEEN, server=SERVER), options=Options(skip=("LIST-LACKING",))
    ),
    "long": made(run(LONG, server=SERVER)),
    "several-versions": made(*_several()),
    "known": apply(HELD, made(run(FAILED, FINE, WARNED, SEEN, UNTRIED)), TODAY),
    "baseline-out-of-date": apply(KNOWN, made(run(FAILED, FINE, WARNED, SEEN, UNTRIED)), TODAY),
    "interrupted": made(
        dataclasses.replace(run(FINE, SEEN), aborted_because=INTERRUPTED),
        aborted_because=INTERRUPTED,
    ),
    "refused": made(
        dataclasses.replace(
            at("1.23", run(BLOCKED)), aborted_because="it does not serve API version 1.23: too old"
        ),
        at("1.44", run(FINE, PASSED_LATE)),
    ),
    "nothing": made(run(dataclasses.replace(BLOCKED, requirement=MUST), UNTRIED, strict=True)),
    "signed": made(run(FAILED), curl_options=CurlOptions(signed=True)),
    "planted": made(
        *(at(version, run(*_all())) for version in ("1.30", "1.44")),
        options=Options(plant=True),
        provided=frozenset({Need.PLANTED}),
    ),
    "strict": made(run(FINE, WARNED, strict=True), options=Options(only=("LIST-MUST",))),
}
