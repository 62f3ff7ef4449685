"""Tests of `benchmarks.soak.size`."""

import asyncio
import os

import pytest

from benchmarks.soak import size
from benchmarks.soak.connection import SoakError
from benchmarks.soak.size import Size, require_no_growth


def test_short_lived_processes_do_not_count_as_growth() -> None:
    warm = [Size(200, 60), Size(240, 90), Size(210, 61)]
    late = [Size(300, 95), Size(262, 80), Size(301, 99)]
    assert require_no_growth(warm, late) == (Size(240, 90), Size(262, 80))


@pytest.mark.parametrize("late", [Size(265, 60), Size(200, 95)], ids=["memory", "descriptors"])
def test_a_server_above_its_former_minimum_has_grown(late: Size) -> None:
    with pytest.raises(SoakError, match="grown from 240 MiB, 90 descriptors to "):
        require_no_growth([Size(200, 60), Size(240, 90)], [late, Size(400, 200)])


def test_a_process_that_exits_during_measurement_is_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([FileNotFoundError(), 5 * 2**20])

    def memory(_pid: int) -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        assert isinstance(answer, int)
        return answer

    monkeypatch.setattr(size.footprint, "memory", memory)
    monkeypatch.setattr(size, "_INTERVAL", 0)
    (measured,) = asyncio.run(size.watch(os.getpid(), 0))
    assert measured.mib == 5
    assert measured.descriptors > 0
