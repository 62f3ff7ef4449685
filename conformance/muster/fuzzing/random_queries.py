"""Queries drawn from the whole grammar, with values of the server's own, against the model.

Hypothesis takes about half a millisecond to draw such a query, as long as a server on the same
machine takes to answer it; the same choices taken from a random generator are drawn in a
thirtieth of that. So queries are drawn by the generator, thousands of them, and one that shows a
fault is handed to Hypothesis as the choices that made it, for Hypothesis to shrink
(`muster.fuzzing.shrinking`).

A fault counts only if the full listing is the same before and after, and if the shortest query
shows it when it is asked alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from muster.checks import steps
from muster.checks.steps import Listing
from muster.fuzzing.attribution import REQUIREMENT, ReportedFaults, requirement_for
from muster.fuzzing.drawn_query import DrawnQuery, draw
from muster.fuzzing.fault import Fault, FaultKind, alike, fault
from muster.fuzzing.values import sample_values
from muster.model.exchange import Exchange, Sender
from muster.model.version import ApiVersion
from muster.register.requirements import requirements
from muster.register.verdict import Departure, Inconclusive, Outcome, Passed
from muster.runner.liveness import Watch, watched
from muster.runner.pipeline import Pipeline
from muster.runner.runner import drive, fingerprint

REQUIREMENTS = (REQUIREMENT,)
"""The requirements that only drawn queries check."""

BATCH = 32
"""Queries that are asked before the first answer is looked at."""

ATTEMPTS = 3
"""How often the images may change before the server is left alone."""

MOST = 12
"""Faults after which no more are looked for."""

PATIENCE = 10.0
"""Seconds after which a query is not made shorter any more."""

IMAGES = 200_000
"""Images that answers may hold in all: on servers with very many, fewer queries are asked."""


class _Changed(Exception):
    """The server's images are not those of the full listing any more."""


class _Drawn(NamedTuple):
    """A query, and the choices that made it."""

    query: DrawnQuery
    choices: tuple[int, ...]


class _Failure(NamedTuple):
    """A query whose answer is wrong."""

    query: DrawnQuery
    exchange: Exchange
    fault: Fault


def ask(
    sender: Sender, *, version: ApiVersion, seed: int, count: int, failed: Iterable[str] = ()
) -> tuple[dict[str, Outcome], int]:
    """Ask drawn queries.

    Args:
        sender: sends the requests.
        version: the API version that *sender* asks.
        seed: fixes the queries.
        count: how many to ask.
        failed: requirements that the server is known to break, which are not told again.

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
    """Queries to one server, and what they have shown."""

    def __init__(
        self, watch: Watch, version: ApiVersion, seed: int, reported: ReportedFaults
    ) -> None:
        self.watch = watch
        self.pipeline = Pipeline(watch)
        self.version = version
        self.random = Random(f"{seed} {REQUIREMENT}")  # noqa: S311 - no secret
        self.reported = reported
        self.found: dict[str, Departure] = {}

    def ask(self, count: int) -> None:
        """Ask *count* queries, fewer on servers with very many images.

        Raises:
            Inconclusive: if there is nothing to ask for, or the images change all the time.
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
        """Get the full listing, and what can be asked for."""
        self.everything: Listing = drive(steps.full_listing(), self.pipeline)
        self.state = fingerprint(self.watch)
        self.samples = sample_values(self.everything.images)

    def _unchanged(self) -> None:
        if not self.watch.gone and fingerprint(self.watch) != self.state:
            raise _Changed

    def _draw(self) -> _Drawn:
        choices: list[int] = []

        def choose(bound: int) -> int:
            choices.append(self.random.randrange(bound))
            return choices[-1]

        return _Drawn(draw(choose, self.samples, self.version), tuple(choices))

    def _compare(self, drawn: Sequence[_Drawn]) -> None:
        """Ask queries, and look into what is wrong with the answers."""
        pipelined = self.pipeline.enabled
        exchanges = self.pipeline.batch([each.query.request for each in drawn])
        suspicious = [
            (each, exchange)
            for each, exchange in zip(drawn, exchanges, strict=True)
            if self._failure(each.query, exchange) is not None
        ]
        for each, exchange in suspicious:
            # What was told of those before may explain it.
            shown = self._failure(each.query, exchange)
            if shown is None or self.watch.gone or len(self.found) >= MOST:
                continue
            self._unchanged()
            again = self._failure(each.query, self.watch.send(each.query.request))
            if again is not None:
                self._file(each, again)
            elif pipelined:
                # What only a batch brings about is no fault of the server's.
                self.pipeline.disable()
                self._compare(drawn)
                return
            else:
                self._unchanged()
                self._note("LIST-REPEATABLE", shown)

    def _failure(self, query: DrawnQuery, exchange: Exchange) -> _Failure | None:
        """What *exchange* shows that is not known."""
        found = fault(query, exchange, self.everything, self.version)
        if found is None or self.reported.explains(query.traits, found.kind):
            return None
        return _Failure(query, exchange, found)

    def _file(self, drawn: _Drawn, shown: _Failure) -> None:
        """Make a query shorter, and tell what it shows under the requirement that it breaks."""
        shown = self._shortest(drawn, shown)
        self._unchanged()
        requirement = requirement_for(shown.fault.kind, shown.query.traits)
        if not requirements()[requirement].holds_at(self.version):
            requirement = REQUIREMENT
        self._note(requirement, shown)

    def _note(self, requirement: str, shown: _Failure) -> None:
        exchanges = [shown.exchange]
        if shown.fault.kind not in {FaultKind.NO_ANSWER, FaultKind.ACCEPTED}:
            exchanges.insert(0, self.everything.exchange)
        departure = Departure(shown.fault.message, exchanges, shown.fault.difference)
        self.found.setdefault(requirement, departure)
        self.reported.failed(requirement)
        if requirement == REQUIREMENT:
            self.reported.shown_by(shown.query.traits)

    def _shortest(self, drawn: _Drawn, shown: _Failure) -> _Failure:
        """The shortest query that shows the same."""
        # Hypothesis takes a while to load, and is of no use on a server without a fault.
        from muster.fuzzing.shrinking import shrunk  # noqa: PLC0415

        answers: dict[str, _Failure | None] = {drawn.query.request.target: shown}
        end = time.monotonic() + PATIENCE

        def shows_it(query: DrawnQuery) -> bool:
            target = query.request.target
            if target not in answers:
                if self.watch.gone or time.monotonic() > end:
                    return False
                answers[target] = self._failure(query, self.watch.send(query.request))
            found = answers[target]
            return found is not None and alike(found.fault.kind, shown.fault.kind)

        query = shrunk(*drawn, lambda choose: draw(choose, self.samples, self.version), shows_it)
        found = answers[query.request.target] or shown
        # The first query that was written like this one may have been drawn as something else.
        return found._replace(query=query)
