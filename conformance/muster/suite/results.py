"""Whole runs: the data behind every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from muster.model.version import ApiVersion
from muster.register.requirements import Need
from muster.register.verdict import Result, Verdict, conforms, summary
from muster.transport.target import Target

INTERRUPTED = "interrupted"
"""Why a run ended early if the user interrupted it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run at one API version.

    Attributes:
        target: The server that was checked.
        version: The API version, e.g. `1.23`.
        seed: The seed of the random choices.
        strict: Whether warnings count as failures.
        results: One for each requirement that was checked.
        server: What the server reports about itself.
        requests: How many requests were sent.
        seconds: How long the run took.
        aborted_because: Why the run ended early; empty if it did not.
        reduced: Which tests were reduced, and why; empty if none were.
    """

    target: Target
    version: ApiVersion
    seed: int
    strict: bool
    results: Sequence[Result]
    server: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    aborted_because: str = ""
    reduced: str = ""

    @property
    def summary(self) -> dict[Verdict, int]:
        """The number of results with each verdict."""
        return summary(self.results)

    @property
    def conforms(self) -> bool:
        """Whether the server conforms, as far as could be checked."""
        return conforms(self.results, strict=self.strict)

    def of(self, verdict: Verdict) -> list[Result]:
        """Return the results with *verdict*, in the order of the register."""
        return [result for result in self.results if result.verdict is verdict]


@dataclass(frozen=True, slots=True)
class Options:
    """The options that decide which requests are sent.

    Attributes:
        max_examples: How many requests fuzzing draws at random.
        only: Ids to check; empty for all.
        skip: Ids left out.
        plant: Whether the suite plants images.
        plant_many: How many similar images it plants in addition.
        registry_address: Where the suite serves images for the server to pull; empty for nowhere.
        planted: The file that lists the images planted by hand; empty for none.
        timeout: Seconds to wait for each response.
    """

    max_examples: int = 50
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    plant: bool = False
    plant_many: int = 0
    registry_address: str = ""
    planted: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """The result of one call of `muster check`.

    Attributes:
        runs: One for each API version, oldest first; at least one.
        options: The options of the call.
        started: When it began.
        aborted_because: Why it ended early; empty if it did not.
        provided: What the user provided for checks: planted images, signing keys.
    """

    runs: Sequence[Run]
    options: Options = field(default_factory=Options)
    started: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    aborted_because: str = ""
    provided: frozenset[Need] = frozenset()
