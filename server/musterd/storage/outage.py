"""Log once that the database is away, and once that it is back."""

import logging
import threading

_LOG = logging.getLogger(__name__)


class Outage:
    """Whether the database was away the last time that it was used.

    Attributes:
        is_logged: Whether the start and the end of an outage are logged, as a server should. A
            command reports the error itself.
    """

    def __init__(self) -> None:
        self.is_logged = False
        self._lock = threading.Lock()
        self._has_begun = False

    def begin(self, error: Exception) -> None:
        """Log why the database is away, unless it was away before."""
        with self._lock:
            has_begun, self._has_begun = self._has_begun, True
        if self.is_logged and not has_begun:
            _LOG.error("%s; requests that need it fail until it is back", error)

    def end(self) -> None:
        """Log that the database is back, if it was away."""
        with self._lock:
            has_begun, self._has_begun = self._has_begun, False
        if self.is_logged and has_begun:
            _LOG.warning("the catalogue's database is back")
