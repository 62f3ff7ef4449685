"""Sends requests at the same time, each sequence over its own connection."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from muster.model.exchange import Exchange, Request, Sender
from muster.transport.transport import Transport

Sequences = Sequence[Sequence[Request]]
Exchanges = tuple[tuple[Exchange, ...], ...]


def send_parallel(sender: Sender, sequences: Sequences) -> Exchanges:
    """Send all of *sequences* at the same time, each in its own order.

    With a `Transport` each sequence has its own connection. Any other sender gets one request of
    each sequence in turn.

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
    # No request may still be running when this returns or raises.
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
