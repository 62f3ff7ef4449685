"""Reads how long an overloaded server asks clients to wait (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from muster.model.exchange import Response

TOO_MUCH = frozenset({429, 503})
"""Statuses that ask the client to try again later."""

SECONDS = re.compile(r"[0-9]{1,9}")


def seconds(response: Response, now: datetime) -> float | None:
    """Return the seconds to wait before a retry; None if *response* does not ask for one.

    Args:
        response: A response.
        now: When it arrived. Its own Date header takes precedence, since clocks differ.
    """
    told = response.headers.get("retry-after", "").strip()
    if response.status not in TOO_MUCH or not told:
        return None
    if SECONDS.fullmatch(told):
        return float(told)
    moment = _date(told)
    if moment is None:
        return None
    sent = _date(response.headers.get("date", "")) or now
    return max(0.0, (moment - sent).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
