"""Work in threads that ends with its client, or when its time is over."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from musterd.api.disconnect import unless_disconnected
from musterd.errors import UnavailableError
from musterd.listing.deadline import Deadline

_T = TypeVar("_T")

# Seconds, not counting the wait for a thread.
LONGEST = 30.0


class LongWork:
    """Run work that may take as long as reading the whole catalogue, a few pieces at a time."""

    def __init__(self, at_once: int, seconds: float = LONGEST) -> None:
        """Allow *at_once* pieces of work at a time, each for some seconds."""
        self._limiter = CapacityLimiter(at_once)
        self._seconds = seconds

    async def run(self, work: Callable[[Deadline], _T], receive: Receive) -> _T:
        """Run *work* in a thread, which must check the deadline it gets.

        Args:
            work: The work.
            receive: The request's `receive`.

        Raises:
            UnavailableError: The time is over, or the client has disconnected.
        """
        deadline = Deadline(self._seconds, too_slow="the request takes more than {:g} seconds")

        def begin() -> _T:
            # Do not count the wait for a thread.
            deadline.restart()
            return work(deadline)

        thread = to_thread.run_sync(begin, limiter=self._limiter, abandon_on_cancel=True)
        try:
            return await unless_disconnected(thread, receive)
        except ClientDisconnect:
            raise UnavailableError("the client has left") from None
        finally:
            deadline.cancel()
