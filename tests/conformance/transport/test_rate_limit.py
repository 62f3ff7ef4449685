from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from muster.errors import OutOfTime
from muster.transport.rate_limit import UNLIMITED, RateLimiter, TimeLimit


def test_the_rate_limit_applies_across_threads() -> None:
    limiter = RateLimiter(100)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: limiter.wait(), range(11)))
    assert time.monotonic() - began >= 0.1


def test_slow_requests_are_not_delayed() -> None:
    limiter = RateLimiter(0.001)
    began = time.monotonic()
    limiter.wait()
    assert time.monotonic() - began < 10


def test_unlimited_time_never_ends() -> None:
    assert UNLIMITED.left() > 1e9
    UNLIMITED.sleep(0.001)


def test_an_expired_time_limit_names_itself() -> None:
    limit = TimeLimit(0.05)
    assert 0 < limit.left() <= 0.05
    time.sleep(0.06)
    with pytest.raises(OutOfTime, match=r"the 0\.05 s of --max-time are over"):
        limit.left()


def test_waits_beyond_the_time_limit_are_refused() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTime, match="asks to wait for 60 s, which is longer than --max-time"):
        TimeLimit(20).sleep(60)
    assert time.monotonic() - began < 10
