"""Limits on the clients of one server process."""

from dataclasses import dataclass

# Headers of a request: more than any client sends, and few enough to process one by one.
MAX_HEADERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits on connections and their requests.

    Attributes:
        connections: The most connections at a time, counted from before the TLS handshake.
        per_address: The most connections from one address; None for half of `connections`. An IPv6
            network of 64 bits counts as one address, and so do all clients on Unix sockets.
        head_size: Bytes of a request line and its headers, or of anything else outside a body.
        idle_timeout: Seconds for the head of a request to arrive, for the next piece of its body,
            and for the client to accept a piece of the response.
        request_time: Seconds for a request and its response, including delivery.
    """

    connections: int = 512
    per_address: int | None = None
    head_size: int = 2**18
    idle_timeout: float = 30
    request_time: float = 600

    @property
    def connections_per_address(self) -> int:
        """The most connections at a time from one address."""
        return max(1, self.connections // 2) if self.per_address is None else self.per_address
