"""What the clients of one server process may take of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of number, size and time for connections and the requests on them.

    Attributes:
        connections: Connections at a time.
        head_size: Bytes of a request line and headers together, or of trailers or chunk headers.
        idle_timeout: Seconds for a request's head to come in, for the next piece of its body to
            come, and for the client to take a piece of the response.
        request_time: Seconds for a request and its response altogether.
    """

    connections: int = 512
    head_size: int = 2**18
    idle_timeout: float = 30
    request_time: float = 600
