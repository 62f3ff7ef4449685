"""Connection counts, so that no client can use up all connections."""

from collections import Counter

from musterd.http.limits import ConnectionLimits


class ConnectionSlots:
    """Slots for the connections of a process, limited in total and per address."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._count = 0
        self._by_client: Counter[str] = Counter()

    def take(self, client: str) -> bool:
        """Count a connection of *client* if the limits allow it; tell whether they do."""
        if (
            self._count >= self._limits.connections
            or self._by_client[client] >= self._limits.connections_per_address
        ):
            return False
        self._count += 1
        self._by_client[client] += 1
        return True

    def give_back(self, client: str) -> None:
        """Release the slot of a connection of *client*."""
        self._count -= 1
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
