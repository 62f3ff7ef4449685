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
def test_a_server_says_when_to_ask_again(status: int, told: str, wait: float | None) -> None:
    assert seconds(Response(status, {"retry-after": told}, b""), NOW) == wait


def test_of_two_clocks_that_of_the_server_counts() -> None:
    headers = {
        "retry-after": "Fri, 02 Jan 2026 05:00:10 GMT",
        "date": "Fri, 02 Jan 2026 05:00:00 GMT",
    }
    assert seconds(Response(503, headers, b""), NOW) == 10


@pytest.mark.parametrize("status", [200, 301, 500])
def test_other_answers_ask_for_nothing(status: int) -> None:
    assert seconds(Response(status, {"retry-after": "7"}, b""), NOW) is None


def test_an_answer_without_the_header_asks_for_nothing() -> None:
    assert seconds(Response(503, {}, b""), NOW) is None
