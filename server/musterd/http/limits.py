"""What the clients of one server process may take of it."""

from dataclasses import dataclass

#: Headers of a request. More than any client sends, and few enough to look at them one by one.
MAX_HEADERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of number, size and time for connections and the requests on them.

    Attributes:
        connections: Connections at a time, counted from their first octet on, before TLS.
        per_address: Those that one address may have; None for half of them. A network of 64 bits
            counts as one address in IPv6, and so do all clients on Unix sockets.
        head_size: Bytes of a request line and headers together, or of whatever else is not a body.
        idle_timeout: Seconds for a request's head to come in, for the next piece of its body to
            come, and for the client to take a piece of the response.
        request_time: Seconds for a request and its response altogether, delivery included.
    """

    connections: int = 512
    per_address: int | None = None
    head_size: int = 2**18
    idle_timeout: float = 30
    request_time: float = 600

    @property
    def connections_per_address(self) -> int:
        """Connections at a time from one address."""
        return max(1, self.connections // 2) if self.per_address is None else self.per_address
