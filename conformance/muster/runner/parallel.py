"""Requests that are sent at the same time, over connections of their own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from muster.model.exchange import Exchange, Request, Sender
from muster.transport.transport import Transport

Sequences = Sequence[Sequence[Request]]
Exchanges = tuple[tuple[Exchange, ...], ...]


def send_parallel(sender: Sender, sequences: Sequences) -> Exchanges:
    """Send each of *sequences* in its order, and all of them at the same time.

    Over a `Transport` each sequence has a connection of its own. To any other sender requests of
    all sequences go by turns.

    Returns:
        The exchanges of each sequence.
    """
    if isinstance(sender, Transport):
        return _threaded(sender, sequences)
    return _by_turns(sender, sequences)


def _threaded(transport: Transport, sequences: Sequences) -> Exchanges:
    def in_order(connection: Transport, requests: Sequence[Request]) -> tuple[Exchange, ...]:
        with connection:
            return tuple(connection.send(request) for request in requests)

    connections = [transport.another() for _ in sequences]
    # Nothing is under way any more when this ends, be it by an exception.
    with ThreadPoolExecutor(max_workers=len(sequences) or 1) as threads:
        exchanges = tuple(threads.map(in_order, connections, sequences))
    transport.sent += sum(connection.sent for connection in connections)
    return exchanges


def _by_turns(sender: Sender, sequences: Sequences) -> Exchanges:
    answers: list[list[Exchange]] = [[] for _ in sequences]
    for turn in range(max(map(len, sequences), default=0)):
        for position, requests in enumerate(sequences):
            if turn < len(requests):
                answers[position].append(sender.send(requests[turn]))
    return tuple(map(tuple, answers))
