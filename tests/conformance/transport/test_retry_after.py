from __future__ import annotations

from datetime import UTC, datetime

import pytest

from muster.model.exchange import Response
from muster.transport.retry_after import seconds

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30),
        ("Friday, 02-Jan-26 03:04:35 GMT", 30),
        ("Fri Jan  2 03:04:35 2026", 30),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("1" * 30, None),
    ],
)
def test_retry_after_gives_the_seconds_to_wait(status: int, told: str, wait: float | None) -> None:
    assert seconds(Response(status, {"retry-after": told}, b""), NOW) == wait


def test_retry_after_uses_the_servers_clock() -> None:
    headers = {
        "retry-after": "Fri, 02 Jan 2026 05:00:10 GMT",
        "date": "Fri, 02 Jan 2026 05:00:00 GMT",
    }
    assert seconds(Response(503, headers, b""), NOW) == 10


@pytest.mark.parametrize("status", [200, 301, 500])
def test_other_statuses_do_not_ask_for_a_retry(status: int) -> None:
    assert seconds(Response(status, {"retry-after": "7"}, b""), NOW) is None


def test_a_response_without_retry_after_asks_for_no_retry() -> None:
    assert seconds(Response(503, {}, b""), NOW) is None
