"""The results of a run: one for each requirement, whichever source reported it."""

from __future__ import annotations

from collections.abc import Iterable

from muster.register.requirements import Requirement
from muster.register.verdict import DEPARTED, Blocked, Result, judge


class Ledger:
    """Keeps one result for each requirement.

    Several sources may report on the same requirement. These rules decide which result stands:

    1. A departure wins over any other result; the first of two departures wins.
    2. Otherwise the later result wins: drawn queries and fuzzing try more than a check does.

    The results can be read at any time, so a run that is cut short does not lose them.
    """

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}

    def add(self, result: Result) -> None:
        """Add *result*, unless the ledger already has a departure from the same requirement."""
        before = self._results.get(result.requirement.id)
        if before is None or before.verdict not in DEPARTED:
            self._results[result.requirement.id] = result

    def results(self, chosen: Iterable[Requirement]) -> list[Result]:
        """Return the results recorded for *chosen*, in its order."""
        return [self._results[each.id] for each in chosen if each.id in self._results]

    def departed(self) -> frozenset[str]:
        """Return the ids of the requirements that the server departs from."""
        found = self._results.values()
        return frozenset(each.requirement.id for each in found if each.verdict in DEPARTED)

    def blame_on(self, name: str, message: str, outcome: Blocked) -> None:
        """Leave the departure with *message* to the requirement *name*, if that was checked.

        A server that dies during a check need not have broken the requirement of that check.

        Args:
            name: Id of the requirement that the departure belongs to.
            message: The message of the departures in question.
            outcome: The outcome that the other requirements get instead.
        """
        if name not in self._results:
            return
        for other, result in self._results.items():
            if other != name and result.message == message:
                self._results[other] = judge(
                    result.requirement, outcome, result.requests, result.seconds
                )
