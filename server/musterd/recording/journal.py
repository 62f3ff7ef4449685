"""The latest requests, for any thread to look at."""

import threading
from collections import deque
from collections.abc import Sequence

from musterd.recording.request import RecordedRequest

# Requests to keep; the oldest are dropped.
KEPT = 10_000


class RequestJournal:
    """The latest requests since it was cleared."""

    def __init__(self, kept: int = KEPT) -> None:
        """Keep so many requests."""
        self._lock = threading.Lock()
        self._kept = kept
        self._requests: deque[RecordedRequest] = deque(maxlen=kept)

    def add(self, request: RecordedRequest) -> None:
        """Add a request, which may still be running."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests = deque(maxlen=self._kept)

    def all(self) -> Sequence[RecordedRequest]:
        """Return the requests in the order in which they arrived."""
        with self._lock:
            return tuple(self._requests)
