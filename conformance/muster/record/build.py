"""Builds the record of a run, the input of every report, and writes it as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version
from urllib.parse import unquote

import msgspec

import muster_openapi
from muster.model.exchange import Exchange, Request, Response
from muster.record.outcome import exit_status
from muster.record.record import (
    GapKind,
    Record,
    RecordedExchange,
    RecordedRequest,
    RecordedRequirement,
    RecordedResponse,
    RecordedResult,
    RecordedVersion,
    Unchecked,
)
from muster.register.requirements import Need, Requirement, requirements
from muster.register.verdict import Result, Verdict
from muster.suite.results import Run, Session
from muster.suite.session import Setup
from muster.transport.curl import DIRECT, CurlOptions, commands
from muster.transport.negotiation import ALL
from muster.transport.redaction import NOTHING, Redaction
from muster.transport.transport import request_path

BODY_LIMIT = 32 * 1024
"""Characters of a body to record; a listing of a hundred images has about as many."""

EVERYBODY_ASKS = ("/images/json", "/images/json?all=1")
"""Requests that most checks send in addition to their own."""

SURROGATE = re.compile("[\ud800-\udfff]")
RUN_NAMESPACE = re.compile(r"muster\.test/[^/\"]+/")
"""Prefix of the names of planted images, which differs from run to run."""


def build_record(
    session: Session,
    register: Mapping[str, Requirement],
    muster_version: str,
    redaction: Redaction = NOTHING,
    curl_options: CurlOptions = DIRECT,
) -> Record:
    """Return the record of *session*.

    Args:
        session: The session.
        register: Every requirement by its id.
        muster_version: Version of this program.
        redaction: The secrets to leave out.
        curl_options: The curl options that the server needs.
    """
    whole = _whole(session, register, muster_version, _Recorder(redaction, curl_options))
    return dataclasses.replace(whole, exit_status=exit_status(whole))


def _whole(
    session: Session, register: Mapping[str, Requirement], muster_version: str, made: _Recorder
) -> Record:
    """Return the record of *session*, but for the exit status."""
    first = session.runs[0]
    return Record(
        format=1,
        muster=muster_version,
        target=str(first.target),
        api_version=str(first.version) if len(session.runs) == 1 else ALL,
        server={name: made.text(value) for name, value in first.server.items()},
        seed=first.seed,
        strict=first.strict,
        started=session.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        requests=sum(run.requests for run in session.runs),
        seconds=round(sum(run.seconds for run in session.runs), 3),
        options=session.options,
        conforms=None if session.aborted_because else all(run.conforms for run in session.runs),
        exit_status=0,
        summary={
            verdict.value: sum(run.summary[verdict] for run in session.runs) for verdict in Verdict
        },
        aborted_because=made.text(session.aborted_because),
        versions=tuple(_version(run, made) for run in session.runs),
        results=tuple(made.result(run, each) for run in session.runs for each in run.results),
        unchecked=tuple(_unchecked(session, register)),
        requirements=tuple(_requirement(each) for each in register.values()),
    )


def record_of(session: Session, setup: Setup) -> Record:
    """Return the record of *session* with the server of *setup*, using this release's register."""
    return build_record(
        session,
        requirements(),
        version("passmuster"),
        setup.connection.redaction(setup.target),
        setup.connection.curl_options(setup.target),
    )


def dumps(record_: Record) -> str:
    """Return *record_* as JSON text."""
    return msgspec.json.format(msgspec.json.encode(record_), indent=1).decode("utf-8") + "\n"


@dataclass(frozen=True, slots=True)
class _Recorder:
    """Converts results to their recorded form, without credentials."""

    redaction: Redaction
    curl_options: CurlOptions

    def text(self, text: str) -> str:
        return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", self.redaction.text(text))

    def result(self, run: Run, result: Result) -> RecordedResult:
        requirement = result.requirement
        requests = [exchange.request for exchange in result.shown_by]
        return RecordedResult(
            requirement=requirement.id,
            api_version=str(run.version),
            level=requirement.level,
            rule=requirement.rule,
            clause=requirement.clause,
            source=requirement.source,
            verdict=result.verdict,
            message=self.text(result.message),
            difference=tuple(self.text(line) for line in result.difference),
            case=self.text(case(result)),
            reproduce=commands(run.target, run.version, requests, self.curl_options),
            exchanges=tuple(self.exchange(run, each) for each in result.shown_by),
            requests=result.requests,
            seconds=round(result.seconds, 3),
        )

    def exchange(self, run: Run, exchange: Exchange) -> RecordedExchange:
        response = exchange.response
        return RecordedExchange(
            request=self.request(run, exchange.request),
            response=None if response is None else self.response(response),
            error=self.text(exchange.error),
        )

    def request(self, run: Run, request: Request) -> RecordedRequest:
        return RecordedRequest(
            method=request.method,
            target=request_path(run.target, run.version, request),
            headers=self.redaction.headers(request.headers),
            size=len(request.body),
        )

    def response(self, response: Response) -> RecordedResponse:
        body = self.text(response.text)
        return RecordedResponse(
            status=response.status,
            headers=dict(self.redaction.headers(response.headers.items())),
            body=body[:BODY_LIMIT],
            size=len(response.body),
            cut=len(body) > BODY_LIMIT,
        )


def case(result: Result) -> str:
    """Return the decoded request that shows a departure, without parts specific to this run."""
    asked = dict.fromkeys(_asked(exchange.request) for exchange in result.shown_by)
    telling = [each for each in asked if each not in EVERYBODY_ASKS]
    return RUN_NAMESPACE.sub("muster.test/<run>/", ", ".join(telling or asked))


def _asked(request: Request) -> str:
    method = "" if request.method == "GET" else f"{request.method} "
    segment = request.version or ""
    return f"{method}{segment}{unquote(request.target)}"


def _version(run: Run, made: _Recorder) -> RecordedVersion:
    name = muster_openapi.document_version(str(run.version))
    return RecordedVersion(
        api_version=str(run.version),
        document=name,
        document_sha256=hashlib.sha256(muster_openapi.text(name).encode()).hexdigest(),
        requests=run.requests,
        seconds=round(run.seconds, 3),
        aborted_because=made.text(run.aborted_because),
        reduced=run.reduced,
    )


def _unchecked(session: Session, register: Mapping[str, Requirement]) -> Iterator[Unchecked]:
    only, skip = session.options.only, session.options.skip
    for requirement in register.values():
        if requirement.id in skip or (only and requirement.id not in only):
            why = "left out by --skip" if requirement.id in skip else "not named by --only"
            yield Unchecked(
                requirement=requirement.id, api_version="", kind="not selected", why=why
            )
            continue
        for run in session.runs:
            if all(result.requirement.id != requirement.id for result in run.results):
                yield _gap(requirement, run, session.provided)


def _gap(requirement: Requirement, run: Run, provided: Collection[Need]) -> Unchecked:
    kind: GapKind = "ended"
    why = run.aborted_because or "the run gave no result of it"
    if not requirement.holds_at(run.version):
        kind, why = "version", f"holds {requirement.scope}"
    elif requirement.need is not None and requirement.need not in provided:
        kind, why = "planting", f"needs images that only {requirement.need.option} puts there"
        if requirement.need is Need.SIGNED:
            kind, why = "signing", f"needs keys to sign requests with: {requirement.need.option}"
    return Unchecked(requirement=requirement.id, api_version=str(run.version), kind=kind, why=why)


def _requirement(requirement: Requirement) -> RecordedRequirement:
    return RecordedRequirement(
        id=requirement.id,
        level=requirement.level,
        rule=requirement.rule,
        clause=requirement.clause,
        source=requirement.source,
        why=requirement.why,
        scope=requirement.scope,
        needs=requirement.need.option if requirement.need else "",
        seen=requirement.seen,
    )
