"""Counting connections, so that nobody has them all."""

from collections import Counter

from musterd.http.limits import ConnectionLimits


class ConnectionSlots:
    """The connections that a process may have, altogether and from one address."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._count = 0
        self._by_client: Counter[str] = Counter()

    def take(self, client: str) -> bool:
        """Count a connection of *client*, unless there are too many; tell whether it was."""
        if (
            self._count >= self._limits.connections
            or self._by_client[client] >= self._limits.connections_per_address
        ):
            return False
        self._count += 1
        self._by_client[client] += 1
        return True

    def give_back(self, client: str) -> None:
        """Count a connection of *client* no more."""
        self._count -= 1
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
