"""Sends requests at the same time, each sequence over its own connection."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from muster.model.exchange import Exchange, Request, Sender
from muster.transport.transport import Transport

Sequences = Sequence[Sequence[Request]]
Exchanges = tuple[tuple[Exchange, ...], ...]


def send_parallel(sender: Sender, sequences: Sequences, *, by_turns: bool = False) -> Exchanges:
    """Send all of *sequences*, each in its own order.

    With a `Transport` each sequence has its own connection. Any other sender gets one request of
    each sequence in turn.

    Args:
        sender: Sends the requests.
        sequences: The requests of each connection.
        by_turns: Whether to send one request of each sequence in turn, instead of all sequences at
            the same time.

    Returns:
        The exchanges of each sequence.
    """
    if not isinstance(sender, Transport):
        return _by_turns([sender] * len(sequences), sequences)
    if not by_turns:
        return _threaded(sender, sequences)
    with ExitStack() as stack:
        connections = [stack.enter_context(sender.another()) for _ in sequences]
        exchanges = _by_turns(connections, sequences)
        sender.sent += sum(connection.sent for connection in connections)
    return exchanges


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


def _by_turns(senders: Sequence[Sender], sequences: Sequences) -> Exchanges:
    answers: list[list[Exchange]] = [[] for _ in sequences]
    for turn in range(max(map(len, sequences), default=0)):
        for position, requests in enumerate(sequences):
            if turn < len(requests):
                answers[position].append(senders[position].send(requests[turn]))
    return tuple(map(tuple, answers))
