from musterd.access import throttle
from musterd.access.throttle import Throttle


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_the_rate_applies() -> None:
    clock = Clock()
    counted = Throttle(burst=3, rate=0.5, clock=clock)
    for _ in range(3):
        assert counted.seconds("a") == 0
        counted.count("a")
    assert counted.seconds("a") == 2
    assert counted.seconds("b") == 0
    clock.now += 1.9
    assert counted.seconds("a") == 1
    clock.now += 0.1
    assert counted.seconds("a") == 0
    counted.count("a")
    assert counted.seconds("a") == 2


def test_the_count_decays_over_time() -> None:
    clock = Clock()
    counted = Throttle(burst=2, rate=1, clock=clock)
    for _ in range(5):
        counted.count("a")
    assert counted.seconds("a") == 4
    clock.now += 1000
    counted.count("a")
    assert counted.seconds("a") == 0


def test_the_least_recently_counted_key_is_evicted() -> None:
    counted = Throttle(burst=1, rate=0.001)
    counted.count("first")
    counted.count("second")
    counted.count("first")
    for number in range(throttle._CAPACITY - 1):  # noqa: SLF001
        counted.count(number)
    assert counted.seconds("second") == 0
    assert counted.seconds("first") > 0
    counted.count("one more")
    assert counted.seconds("first") == 0
