from collections.abc import Callable
from typing import Any

from musterd.http.deadlines import Deadlines, TaskDeadlines


class Timer:
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A clock that is moved by hand, and counts the timers made."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Timer, Callable[[], None]]] = []
        self.made = 0

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., None], *args: object) -> Timer:
        self.made += 1
        timer = Timer()
        self.timers.append((when, timer, lambda: callback(*args)))
        return timer

    def advance(self, now: float) -> None:
        self.now = now
        due = [each for each in self.timers if each[0] <= now]
        self.timers = [each for each in self.timers if each[0] > now]
        for _, timer, call in due:
            if not timer.cancelled:
                call()


class Clocked:
    def __init__(self) -> None:
        self.loop = Loop()
        loop: Any = self.loop
        self.deadlines = Deadlines(loop)
        self.over: list[str] = []

    def start(self, name: str, seconds: float = 10) -> None:
        self.deadlines.start(name, seconds, lambda: self.over.append(name))


def test_a_deadline_expires_once() -> None:
    clocked = Clocked()
    clocked.start("head")
    clocked.loop.advance(9)
    assert (clocked.over, "head" in clocked.deadlines) == ([], True)
    clocked.loop.advance(10)
    clocked.loop.advance(100)
    assert (clocked.over, "head" in clocked.deadlines) == (["head"], False)


def test_a_met_deadline_does_not_expire() -> None:
    clocked = Clocked()
    clocked.start("head")
    assert clocked.deadlines.cancel("head")
    assert not clocked.deadlines.cancel("head")
    clocked.loop.advance(10)
    assert clocked.over == []


def test_a_restarted_deadline_counts_from_the_restart() -> None:
    clocked = Clocked()
    clocked.start("head")
    clocked.loop.advance(6)
    clocked.deadlines.cancel("head")
    clocked.start("head")
    clocked.loop.advance(10)
    assert clocked.over == []
    clocked.loop.advance(16)
    assert clocked.over == ["head"]


def test_met_deadlines_share_a_timer() -> None:
    clocked = Clocked()
    for _ in range(1000):
        clocked.start("head")
        clocked.deadlines.cancel("head")
    assert clocked.loop.made == 1


def test_deadlines_of_different_names_are_independent() -> None:
    clocked = Clocked()
    clocked.start("head", 10)
    clocked.start("request", 5)
    clocked.deadlines.cancel("head")
    clocked.loop.advance(10)
    assert clocked.over == ["request"]


def test_closed_deadlines_do_not_expire() -> None:
    clocked = Clocked()
    clocked.start("head")
    clocked.deadlines.close()
    clocked.loop.advance(10)
    assert (clocked.over, "head" in clocked.deadlines) == ([], False)


class Task:
    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.cancelled = False

    def get_loop(self) -> Loop:
        return self.loop

    def cancel(self) -> None:
        self.cancelled = True


class Tasks:
    """Tasks that get ten seconds."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.deadlines: Any = TaskDeadlines(10)

    def start(self) -> Task:
        task = Task(self.loop)
        self.deadlines.start(task)
        return task


def test_a_task_is_cancelled_at_its_deadline() -> None:
    tasks = Tasks()
    task = tasks.start()
    tasks.loop.advance(9)
    assert (task.cancelled, task in tasks.deadlines) == (False, True)
    tasks.loop.advance(10)
    assert (task.cancelled, task in tasks.deadlines) == (True, False)


def test_tasks_are_cancelled_in_the_order_of_their_start() -> None:
    tasks = Tasks()
    first = tasks.start()
    tasks.loop.advance(4)
    second, third = tasks.start(), tasks.start()
    tasks.loop.advance(10)
    assert (first.cancelled, second.cancelled) == (True, False)
    tasks.loop.advance(14)
    assert second.cancelled
    assert third.cancelled


def test_a_task_that_finishes_in_time_is_not_cancelled() -> None:
    tasks = Tasks()
    task = tasks.start()
    tasks.deadlines.end(task)
    tasks.loop.advance(10)
    assert not task.cancelled
    later = tasks.start()
    tasks.loop.advance(20)
    assert later.cancelled


def test_tasks_that_finish_in_time_share_a_timer() -> None:
    tasks = Tasks()
    for _ in range(1000):
        tasks.deadlines.end(tasks.start())
    assert tasks.loop.made == 1


def test_each_event_loop_gets_its_own_timer() -> None:
    tasks = Tasks()
    tasks.start()
    tasks.loop = Loop()
    assert not tasks.start().cancelled
    assert tasks.loop.made == 1
