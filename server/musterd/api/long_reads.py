"""The operations that read the whole catalogue."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

from anyio import to_thread
from starlette.responses import Response

from musterd.api import disk_usage, responses
from musterd.api.current_request import current_request
from musterd.api.events.filters import EventConditions
from musterd.api.events.stream import EventStream
from musterd.api.long_work import LongWork
from musterd.contract.rules import Rules
from musterd.images.event import Event
from musterd.listing.deadline import Deadline
from musterd.storage.store import ImageStore

# Such requests at a time.
_AT_ONCE = 2


class LongReadOperations:
    """Answer requests from a store like `musterd.api.reads.ReadOperations`, but for longer."""

    def __init__(self, store: ImageStore, revision: Callable[[str], Awaitable[int]]) -> None:
        """Answer from *store*.

        Args:
            store: The catalogue.
            revision: Returns the current revision of an account's catalogue.
        """
        self._store = store
        self._revision = revision
        self._work = LongWork(_AT_ONCE)

    async def system_df(
        self, account: str, rules: Rules, type_: Sequence[str] = (), verbose: str = ""
    ) -> Response:
        """Return the space that images take; there are no containers, volumes or builds.

        Raises:
            BadRequestError: A parameter is invalid.
            UnavailableError: The time is over.
            DatabaseError: The store cannot be read.
        """
        work = partial(
            self._measure, account, disk_usage.kinds(type_), rules, disk_usage.detail(verbose)
        )
        body = await self._work.run(work, current_request().receive)
        return responses.json_body(body)

    async def system_events(
        self, account: str, rules: Rules, since: str = "", until: str = "", filters: str = ""
    ) -> Response:
        """Return the events of images as they happen.

        Raises:
            BadRequestError: A parameter is invalid.
            DatabaseError: The store cannot be read.
        """
        conditions = EventConditions.parse(since, until, filters, rules)
        store = self._store.of(account)
        past = await to_thread.run_sync(_events, store)
        revision = partial(self._revision, account)
        return EventStream(store, revision, conditions, rules, past)

    def _measure(
        self,
        account: str,
        wanted: Collection[str],
        rules: Rules,
        verbose: bool | None,  # noqa: FBT001  # not at all, or which
        deadline: Deadline,
    ) -> bytes:
        with self._store.of(account).snapshot() as snapshot:
            return disk_usage.answer(
                snapshot.all(), wanted, rules, verbose=verbose, deadline=deadline
            )


def _events(store: ImageStore) -> list[tuple[int, Event]]:
    with store.snapshot() as snapshot:
        return snapshot.events()
