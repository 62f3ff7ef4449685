"""The record of a run as JSON; its form is `muster/run.schema.json`."""

from __future__ import annotations

import json
from typing import Any

from muster.curl import curl
from muster.exchange import Exchange
from muster.run import Run
from muster.verdict import Result


def record(run: Run, muster_version: str) -> str:
    """*run* as JSON text."""
    return json.dumps(
        {
            "muster": muster_version,
            "target": str(run.target),
            "api_version": run.version,
            "server": dict(run.server),
            "seed": run.seed,
            "strict": run.strict,
            "conforms": run.conforms,
            "requests": run.requests,
            "seconds": round(run.seconds, 3),
            "summary": {verdict.value: count for verdict, count in run.summary.items()},
            "results": [_result(run, result) for result in run.results],
        },
        ensure_ascii=False,
        indent=1,
    )


def _result(run: Run, result: Result) -> dict[str, Any]:
    return {
        "requirement": result.requirement.id,
        "level": result.requirement.level.value,
        "verdict": result.verdict.value,
        "message": result.message,
        "difference": list(result.difference),
        "reproduce": [curl(run.target, run.version, e.request) for e in result.shown_by],
        "exchanges": [_exchange(e) for e in result.shown_by],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "request": {
            "method": request.method,
            "target": request.target,
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
