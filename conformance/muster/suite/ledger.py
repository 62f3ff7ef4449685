"""The results of a run, one for each requirement, whichever source they come from."""

from __future__ import annotations

from collections.abc import Iterable

from muster.register.requirements import Requirement
from muster.register.verdict import Blocked, Result, Verdict, judge

DEPARTED = (Verdict.FAIL, Verdict.WARN)


class Ledger:
    """Keeps one result for each requirement.

    Several sources may have a result of one requirement. Which one stands:

    1. A departure, whichever source shows it; of two departures the first.
    2. Otherwise the later one: drawn queries and fuzzing try more than a check does.

    The results are there at any time, so that those of a run that was cut short are not lost.
    """

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}

    def add(self, result: Result) -> None:
        """Enter *result*, unless a departure from the same requirement stands there."""
        before = self._results.get(result.requirement.id)
        if before is None or before.verdict not in DEPARTED:
            self._results[result.requirement.id] = result

    def results(self, chosen: Iterable[Requirement]) -> list[Result]:
        """Return those results that there are for *chosen*, in its order."""
        return [self._results[each.id] for each in chosen if each.id in self._results]

    def departed(self) -> frozenset[str]:
        """Return the ids of the requirements that the server departs from."""
        found = self._results.values()
        return frozenset(each.requirement.id for each in found if each.verdict in DEPARTED)

    def blame_on(self, name: str, message: str, outcome: Blocked) -> None:
        """Leave what *message* tells to the requirement *name*, if that was checked.

        That the server died under a check is no fault of what the check is about.

        Args:
            name: Id of the requirement that the message belongs to.
            message: That of the departures in question.
            outcome: What the other requirements get instead.
        """
        if name not in self._results:
            return
        for other, result in self._results.items():
            if other != name and result.message == message:
                self._results[other] = judge(
                    result.requirement, outcome, result.requests, result.seconds
                )
