from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from muster.errors import OutOfTime
from muster.transport.rate_limit import UNLIMITED, RateLimiter, TimeLimit


def test_requests_go_so_many_a_second_whoever_sends_them() -> None:
    limiter = RateLimiter(100)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: limiter.wait(), range(11)))
    assert time.monotonic() - began >= 0.1


def test_what_is_slower_anyway_is_not_held_up() -> None:
    limiter = RateLimiter(0.001)
    began = time.monotonic()
    limiter.wait()
    assert time.monotonic() - began < 10


def test_without_a_limit_there_is_always_time_left() -> None:
    assert UNLIMITED.left() > 1e9
    UNLIMITED.sleep(0.001)


def test_a_time_limit_is_over_at_some_time_and_says_which() -> None:
    limit = TimeLimit(0.05)
    assert 0 < limit.left() <= 0.05
    time.sleep(0.06)
    with pytest.raises(OutOfTime, match=r"the 0\.05 s of --max-time are over"):
        limit.left()


def test_nobody_waits_for_what_comes_too_late() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTime, match="asks to wait for 60 s, which is longer than --max-time"):
        TimeLimit(20).sleep(60)
    assert time.monotonic() - began < 10
