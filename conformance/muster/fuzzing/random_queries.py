"""Random queries from the whole grammar, with the server's own values, compared with the model.

Hypothesis takes about half a millisecond to draw such a query, as long as a server on the same
machine takes to answer it. A random generator makes the same choices in a thirtieth of that time.
So the generator draws thousands of queries, and Hypothesis receives the choices of any query that
shows a fault, and shrinks it (`muster.fuzzing.shrinking`).

A fault counts only if the full listing is the same before and after, and if the shortest query
shows it when sent alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from muster.checks import steps
from muster.checks.steps import Listing
from muster.fuzzing.attribution import BY_KIND, REQUIREMENT, ReportedFaults, requirement_for
from muster.fuzzing.drawn_query import draw
from muster.fuzzing.fault import Fault, FaultKind, alike, fault
from muster.fuzzing.parts import DrawnQuery
from muster.fuzzing.values import sample_values
from muster.model.exchange import Exchange, Sender
from muster.model.version import ApiVersion
from muster.register.requirements import requirements
from muster.register.verdict import Departure, Inconclusive, Outcome, Passed
from muster.runner.confirmation import Recurrence, observe, recurrence
from muster.runner.liveness import Watch, watched
from muster.runner.pipeline import Pipeline
from muster.runner.runner import REPEATABLE, drive

REQUIREMENTS = (REQUIREMENT,)
"""The requirements that only drawn queries check."""

BATCH = 32
"""Queries per batch."""

ATTEMPTS = 3
"""How often the images may change before the run of queries gives up."""

MOST = 12
"""Faults after which to stop looking for more."""

SHRINKING = 200
"""Maximum requests for shrinking a query."""

LEAVING_OUT = 60
"""Maximum further requests, to find parts of the shorter query that can be left out."""

SHRINKING_TIME = 10.0
"""Maximum seconds for each of these: a server may be slow."""

ONCE = 3
"""Rarely recurring failures after which they count as a fault of the server."""

IMAGES = 200_000
"""Maximum images in all answers together: servers with very many get fewer queries."""


class _Changed(Exception):
    """The server's images have changed since the full listing."""


class _Drawn(NamedTuple):
    """A query, and the choices that produced it."""

    query: DrawnQuery
    choices: tuple[int, ...]


class _Failure(NamedTuple):
    """A query whose answer is wrong.

    Attributes:
        query: The query.
        exchange: The answer.
        fault: What is wrong with it.
        is_shortest: Whether no part of the query can be left out.
    """

    query: DrawnQuery
    exchange: Exchange
    fault: Fault
    is_shortest: bool = True


def ask(
    sender: Sender, *, version: ApiVersion, seed: int, count: int, failed: Iterable[str] = ()
) -> tuple[dict[str, Outcome], int]:
    """Send random queries.

    Args:
        sender: Sends the requests.
        version: The API version of the requests that *sender* sends.
        seed: Fixes the queries.
        count: How many to send.
        failed: Requirements already known to be broken, which are not reported again.

    Returns:
        The outcome for each of `REQUIREMENTS`, and for every other requirement that a query shows
        to be broken; and the number of requests sent.
    """
    watch = watched(sender)
    before = watch.sent
    reported = ReportedFaults()
    for requirement in failed:
        reported.failed(requirement)
    if watch.gone:
        return dict.fromkeys(REQUIREMENTS, watch.blocked()), 0
    drawing = _QuerySession(watch, version, seed, reported)
    outcome: Outcome = Passed()
    try:
        drawing.ask(count)
    except Inconclusive as lacking:
        outcome = lacking
    if drawing.watch.gone:
        outcome = watch.departure()
    return dict.fromkeys(REQUIREMENTS, outcome) | drawing.found, watch.sent - before


class _QuerySession:
    """Queries to one server, and their findings so far."""

    def __init__(
        self, watch: Watch, version: ApiVersion, seed: int, reported: ReportedFaults
    ) -> None:
        self.watch = watch
        self.pipeline = Pipeline(watch)
        self.version = version
        self.random = Random(f"{seed} {REQUIREMENT}")  # noqa: S311 - no secret
        self.reported = reported
        self.found: dict[str, Departure] = {}
        self.once = 0

    def ask(self, count: int) -> None:
        """Send *count* queries; fewer to servers with very many images.

        Raises:
            Inconclusive: If there are no images, or they keep changing.
        """
        self._start()
        left = min(count, max(BATCH, IMAGES // len(self.everything.images)))
        asked: set[str] = set()
        changes = 0
        while left > 0 and len(self.found) < MOST and not self.watch.gone:
            drawn = {
                each.query.request.target: each
                for each in (self._draw() for _ in range(min(left, BATCH)))
                if each.query.request.target not in asked
                and not self.reported.explains(each.query.traits)
            }
            left -= BATCH
            asked.update(drawn)
            try:
                self._compare([*drawn.values()])
            except _Changed:
                changes += 1
                if changes == ATTEMPTS:
                    raise Inconclusive(
                        f"the images changed meanwhile, {ATTEMPTS} times: check a server that is "
                        "not in use"
                    ) from None
                self._start()

    def _start(self) -> None:
        """Get the full listing, and the values to ask for."""
        everything = drive(steps.full_listing(), self.pipeline)
        self.everything: Listing = drive(steps.with_manifests(everything), self.pipeline)
        self.state = observe(self.watch)
        self.samples = sample_values(self.everything.images)

    def _unchanged(self) -> None:
        if not self.watch.gone and observe(self.watch) != self.state:
            raise _Changed

    def _draw(self) -> _Drawn:
        choices: list[int] = []

        def choose(bound: int) -> int:
            choices.append(self.random.randrange(bound))
            return choices[-1]

        return _Drawn(draw(choose, self.samples, self.version), tuple(choices))

    def _compare(self, drawn: Sequence[_Drawn]) -> None:
        """Send queries, and examine wrong answers."""
        pipelined = self.pipeline.enabled
        exchanges = self.pipeline.batch([each.query.request for each in drawn])
        suspicious = [
            (each, exchange)
            for each, exchange in zip(drawn, exchanges, strict=True)
            if self.failure_of(each.query, exchange) is not None
        ]
        for each, exchange in suspicious:
            # An earlier finding in this batch may explain it.
            failure = self.failure_of(each.query, exchange)
            if failure is None or self.watch.gone or len(self.found) >= MOST:
                continue
            self._unchanged()
            again = self.failure_of(each.query, self.watch.send(each.query.request))
            if again is not None:
                self._file(each, again)
            elif pipelined:
                # A fault that shows only in a batch is not the server's.
                self.pipeline.disable()
                self._compare(drawn)
                return
            else:
                self._note_intermittent(failure, self._recurrence(failure))

    def failure_of(self, query: DrawnQuery, exchange: Exchange) -> _Failure | None:
        """Return the new failure that *exchange*, the answer to *query*, shows; None if none."""
        found = fault(query, exchange, self.everything, self.version)
        if found is None or self.reported.explains(query.traits, found.kind):
            return None
        return _Failure(query, exchange, found)

    def _file(self, drawn: _Drawn, failure: _Failure) -> None:
        """Shrink a query, and report the failure under the requirement that the server breaks."""
        failure = self._shortest(drawn, failure)
        again = self._recurrence(failure)
        if again.always or self.watch.gone:
            self._note(self._requirement(failure), failure)
        else:
            self._note_intermittent(failure, again)

    def _requirement(self, failure: _Failure) -> str:
        """Return the requirement that the server breaks; the general one if none fits better."""
        if not failure.is_shortest and failure.fault.kind not in BY_KIND:
            # The remaining parts of a longer query may have nothing to do with the fault.
            return REQUIREMENT
        requirement = requirement_for(failure.fault.kind, failure.query.traits)
        return requirement if requirements()[requirement].holds_at(self.version) else REQUIREMENT

    def _recurrence(self, failure: _Failure) -> Recurrence:
        """Return how often a failure recurs while the full listing stays the same.

        Raises:
            _Changed: If the full listing changed.
        """

        def shows(exchanges: Sequence[Exchange]) -> bool:
            found = fault(failure.query, exchanges[0], self.everything, self.version)
            return found is not None and alike(found.kind, failure.fault.kind)

        again = recurrence(self.watch, self.state, [failure.exchange], shows)
        if not again.unchanged:
            raise _Changed
        return again

    def _note_intermittent(self, failure: _Failure, again: Recurrence) -> None:
        """Report that a fault is intermittent, and how often it occurs."""
        fault = failure.fault
        message = f"in {again.chance} with the same full listing: {fault.message}"
        if not again.sometimes:
            # An occasional fault may be another client's doing; one this frequent is not.
            self.once += 1
            if self.once < ONCE:
                return
            message = f"{ONCE} queries had such an answer now and then: {message}"
        self._note(REPEATABLE, failure._replace(fault=replace(fault, message=message)))

    def _note(self, requirement: str, failure: _Failure) -> None:
        exchanges = [failure.exchange]
        if failure.fault.kind not in {FaultKind.NO_ANSWER, FaultKind.ACCEPTED}:
            exchanges.insert(0, self.everything.exchange)
        message = failure.fault.message
        if not failure.is_shortest:
            message += "; it could not be made shorter in time: parts of it may not matter"
        departure = Departure(message, exchanges, failure.fault.difference)
        self.found.setdefault(requirement, departure)
        self.reported.failed(requirement)
        if requirement == REQUIREMENT:
            self.reported.shown_by(failure.query.traits)

    def _shortest(self, drawn: _Drawn, failure: _Failure) -> _Failure:
        """Return the shortest query with the same failure, from which no part can be left out."""
        # Hypothesis loads slowly, and a server without faults does not need it.
        from muster.fuzzing.shrinking import shrunk  # noqa: PLC0415

        asked = _Asked(self, failure, SHRINKING)
        query = shrunk(*drawn, lambda choose: draw(choose, self.samples, self.version), asked.shows)
        found = asked.answers[query.request.target] or failure
        # The first query with the same target may have been drawn with other traits.
        return self._without_needless_parts(found._replace(query=query))

    def _without_needless_parts(self, failure: _Failure) -> _Failure:
        """Leave out every part that the failure does not need.

        So every part that remains is to blame: without it the failure disappears.
        """
        asked = _Asked(self, failure, LEAVING_OUT)
        query = failure.query
        while shorter := next(filter(asked.shows, query.simpler()), None):
            query = shorter
        found = asked.answers[query.request.target] or failure
        return found._replace(query=query, is_shortest=not asked.is_exhausted)


class _Asked:
    """Results of the queries sent while shrinking; each query is sent once.

    Args:
        session: Sends them.
        failure: The failure that they must show.
        limit: How many requests to send at most.

    Attributes:
        answers: The result of each request target.
        is_exhausted: Whether the limit stopped a query.
    """

    def __init__(self, session: _QuerySession, failure: _Failure, limit: int) -> None:
        self.answers: dict[str, _Failure | None] = {failure.query.request.target: failure}
        self.is_exhausted = False
        self._session = session
        self._kind = failure.fault.kind
        self._limit = limit
        self._end = time.monotonic() + SHRINKING_TIME

    def shows(self, query: DrawnQuery) -> bool:
        """Whether *query* shows the failure; False once the limit is reached."""
        target = query.request.target
        if target not in self.answers:
            is_over = self._session.watch.gone or time.monotonic() > self._end
            if is_over or len(self.answers) > self._limit:
                self.is_exhausted = True
                return False
            exchange = self._session.watch.send(query.request)
            self.answers[target] = self._session.failure_of(query, exchange)
        found = self.answers[target]
        return found is not None and alike(found.fault.kind, self._kind)
