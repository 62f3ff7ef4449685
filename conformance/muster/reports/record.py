"""The record of a run as JSON; its form is `muster/run.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from muster.curl import curl
from muster.exchange import Exchange
from muster.negotiation import ALL
from muster.run import Run
from muster.transport import request_path
from muster.verdict import Result, Verdict


def record(runs: Sequence[Run], muster_version: str) -> str:
    """*runs* of one target, one for each API version, as JSON text."""
    first = runs[0]
    return json.dumps(
        {
            "muster": muster_version,
            "target": str(first.target),
            "api_version": str(first.version) if len(runs) == 1 else ALL,
            "server": dict(first.server),
            "seed": first.seed,
            "strict": first.strict,
            "conforms": all(run.conforms for run in runs),
            "requests": sum(run.requests for run in runs),
            "seconds": round(sum(run.seconds for run in runs), 3),
            "summary": {
                verdict.value: sum(run.summary[verdict] for run in runs) for verdict in Verdict
            },
            "results": [_result(run, result) for run in runs for result in run.results],
        },
        ensure_ascii=False,
        indent=1,
    )


def _result(run: Run, result: Result) -> dict[str, Any]:
    return {
        "requirement": result.requirement.id,
        "api_version": str(run.version),
        "level": result.requirement.level.value,
        "rule": result.requirement.rule,
        "clause": result.requirement.clause,
        "source": result.requirement.source,
        "verdict": result.verdict.value,
        "message": result.message,
        "difference": list(result.difference),
        "reproduce": [curl(run.target, run.version, e.request) for e in result.shown_by],
        "exchanges": [_exchange(run, e) for e in result.shown_by],
    }


def _exchange(run: Run, exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "request": {
            "method": request.method,
            "target": request_path(run.target, run.version, request),
            "headers": [list(pair) for pair in request.headers],
        },
        "response": response
        and {
            "status": response.status,
            "headers": dict(response.headers),
            "body": response.text,
        },
        "trouble": exchange.trouble,
    }
