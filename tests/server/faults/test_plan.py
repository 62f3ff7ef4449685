from typing import Any

import pytest

from musterd.errors import FaultError
from musterd.faults import plan
from musterd.faults.plan import Fault, FaultPlan

FAILS = Fault(status=500)


def taken(faults: FaultPlan, *requests: tuple[str, str]) -> list[int | None]:
    found = [faults.take(*request) for request in requests]
    return [None if fault is None else fault.status for fault in found]


PING = ("GET", "/_ping")


def test_without_faults_nothing_fails() -> None:
    assert taken(FaultPlan(), PING) == [None]


def test_a_fault_applies_to_every_request_until_it_is_removed() -> None:
    faults = FaultPlan()
    faults.add(FAILS)
    assert taken(faults, PING, PING) == [500, 500]
    faults.clear()
    assert taken(faults, PING) == [None]


def test_a_fault_can_be_limited_to_a_number_of_requests() -> None:
    faults = FaultPlan()
    faults.add(Fault(status=500, times=2))
    assert taken(faults, PING, PING, PING) == [500, 500, None]


@pytest.mark.parametrize("every", [2, 3])
def test_a_fault_may_apply_to_every_nth_request(every: int) -> None:
    faults = FaultPlan()
    faults.add(Fault(status=500, every=every, times=2))
    hit = [*[None] * (every - 1), 500]
    assert taken(faults, *[PING] * 10) == hit * 2 + [None] * (10 - 2 * every)


def test_an_injected_fault_may_have_headers() -> None:
    assert plan.fault(status=500, headers={"retry-after": "1"}).headers == {"retry-after": "1"}
    assert plan.fault(status=500).headers == {}


def test_a_fault_can_be_limited_to_a_method_and_a_path() -> None:
    faults = FaultPlan()
    faults.add(Fault(status=500, method="GET", path="/images/*"))
    assert taken(faults, PING, ("GET", "/images/json"), ("GET", "/images/a/b/json")) == [
        None,
        500,
        500,
    ]
    assert taken(faults, ("POST", "/images/load")) == [None]


def test_the_latest_fault_wins() -> None:
    faults = FaultPlan()
    faults.add(FAILS)
    faults.add(Fault(status=503, times=1))
    assert taken(faults, PING, PING) == [503, 500]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"status": 99},
        {"status": 600},
        {"cut_after": -1},
        {"status": 500, "times": 0},
        {"status": 500, "every": 0},
        {"delay": -1.0},
        {"status": 500, "hang": True},
        {"hang": True, "reset": True},
        {"cut_after": 1, "reset": True},
        {"cut_after": 1, "hang": True},
    ],
)
def test_an_invalid_fault_is_refused(values: Any) -> None:
    with pytest.raises(FaultError):
        Fault(**values)


@pytest.mark.parametrize(
    "values",
    [{"delay": 0.1}, {"hang": True}, {"reset": True}, {"cut_after": 0}, {"status": 200}],
)
def test_each_kind_of_fault_suffices(values: Any) -> None:
    assert Fault(**values).matches(*PING)


def test_a_duration_has_a_unit_or_is_in_seconds() -> None:
    assert [plan.seconds(given) for given in ("300ms", "1.5s", "2 m", 4, 0.5)] == [
        pytest.approx(0.3),
        1.5,
        120,
        4,
        0.5,
    ]
    for text in ("", "3", "3h", "-1s"):
        with pytest.raises(FaultError, match="is not a duration; write 300ms"):
            plan.seconds(text)
