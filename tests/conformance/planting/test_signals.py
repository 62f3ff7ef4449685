from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from muster.planting.signals import SIGNALS, DeferredSignals


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def handled() -> Iterator[None]:
    """Give each signal a handler that raises, since a parent may have had them ignored."""
    before = {each: signal.signal(each, _unexpected) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def _unexpected(number: int, _: object) -> None:
    raise RuntimeError(f"signal {number} was not held back")


def interrupted(body: Callable[[DeferredSignals], None], told: Callable[[], object] = int) -> None:
    """Do *body* with signals held back, and see that it is interrupted, at the latest then."""
    with pytest.raises(KeyboardInterrupt):
        held_back(body, told)


def held_back(body: Callable[[DeferredSignals], None], told: Callable[[], object] = int) -> None:
    with DeferredSignals(told) as signals:
        body(signals)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_deferred_until_the_end(number: signal.Signals) -> None:
    done = []

    def body(signals: DeferredSignals) -> None:
        send(number)
        done.append(signals.received)

    interrupted(body)
    assert done == [number]


def test_a_signal_interrupts_where_allowed() -> None:
    def body(signals: DeferredSignals) -> None:
        with signals.allowed():
            send(signal.SIGTERM)
            pytest.fail("it went on")

    interrupted(body)


def test_a_deferred_signal_interrupts_once_allowed() -> None:
    def body(signals: DeferredSignals) -> None:
        send(signal.SIGINT)
        with signals.allowed():
            pytest.fail("it went on")

    interrupted(body)


def test_a_deferred_signal_can_be_raised_explicitly() -> None:
    def body(signals: DeferredSignals) -> None:
        signals.raise_if_interrupted()
        send(signal.SIGINT)
        signals.raise_if_interrupted()
        pytest.fail("it went on")

    interrupted(body)


def test_only_the_first_signal_interrupts() -> None:
    done = []

    def body(signals: DeferredSignals) -> None:
        try:
            with signals.allowed():
                send(signal.SIGINT)
        finally:
            send(signal.SIGINT)
            send(signal.SIGTERM)
            done.append("cleaned up")

    interrupted(body)
    assert done == ["cleaned up"]


def test_final_actions_run_at_the_end_without_interruption() -> None:
    done = []

    def duty() -> None:
        send(signal.SIGTERM)
        done.append("duty")

    def body(signals: DeferredSignals) -> None:
        signals.at_the_end(duty)
        with signals.allowed():
            send(signal.SIGINT)

    interrupted(body)
    assert done == ["duty"]


def test_handlers_are_restored_without_a_signal() -> None:
    told = []
    with DeferredSignals(lambda: told.append("told")) as signals:
        signals.raise_if_interrupted()
        with signals.allowed():
            pass
    assert told == []
    assert all(signal.getsignal(each) is _unexpected for each in SIGNALS)


def test_handlers_are_restored_even_if_a_final_action_fails() -> None:
    def duty() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        held_back(lambda signals: signals.at_the_end(duty))
    assert all(signal.getsignal(each) is _unexpected for each in SIGNALS)


def test_the_first_signal_is_announced_once() -> None:
    told: list[str] = []

    def body(_: DeferredSignals) -> None:
        send(signal.SIGINT)
        send(signal.SIGINT)

    interrupted(body, lambda: told.append("told"))
    assert told == ["told"]


def test_a_deferred_signal_replaces_another_error() -> None:
    def body(_: DeferredSignals) -> None:
        send(signal.SIGINT)
        raise ValueError("no")

    with pytest.raises(KeyboardInterrupt) as raised:
        held_back(body)
    assert isinstance(raised.value.__context__, ValueError)


def test_a_signal_that_the_process_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with DeferredSignals() as signals:
        send(signal.SIGHUP)
        assert signals.received is None


def test_signals_are_not_deferred_in_other_threads() -> None:
    kept = []

    def work() -> None:
        with DeferredSignals():
            kept.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert kept == [_unexpected]
