"""A whole run: everything that any report of it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from muster.target import Target
from muster.verdict import Result, Verdict, conforms, summary
from muster.version import ApiVersion


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes:
        target: the server that was checked.
        version: the API version, e.g. `1.23`.
        seed: what fixed the random choices.
        strict: whether warnings count as failures.
        results: one for each requirement that was checked.
        server: what the server says of itself.
        requests: how many requests were sent.
        seconds: how long it took.
    """

    target: Target
    version: ApiVersion
    seed: int
    strict: bool
    results: Sequence[Result]
    server: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0

    @property
    def summary(self) -> dict[Verdict, int]:
        """How many results there are of each verdict."""
        return summary(self.results)

    @property
    def conforms(self) -> bool:
        """Whether the server conforms, as far as could be checked."""
        return conforms(self.results, strict=self.strict)

    @property
    def exit_status(self) -> int:
        """What `muster check` ends with: 0 conforms, 1 does not, 3 nothing could be checked."""
        if not self.conforms:
            return 1
        return 3 if all(r.verdict in UNDECIDED for r in self.results) else 0

    def of(self, verdict: Verdict) -> list[Result]:
        """The results with *verdict*, in the order of the register."""
        return [result for result in self.results if result.verdict is verdict]


UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.BLOCKED)


def exit_status(runs: Sequence[Run]) -> int:
    """What `muster check` ends with after *runs*: 1 if one does not conform, else the least."""
    statuses = {run.exit_status for run in runs}
    return 1 if 1 in statuses else min(statuses)
