"""The measurements, and their medians, spreads and ratios."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.load import Sample
from benchmarks.questions import Question

#: The value taken from a sample.
Of = Callable[[Sample], float]


@dataclass(frozen=True)
class Case:
    """The subject of a measurement; only the server differs within a round."""

    size: int
    question: str
    connections: int
    server: str


@dataclass(frozen=True)
class Footprint:
    """The resource usage of a server with some images.

    Attributes:
        started: Seconds from its start to its first answer.
        memory: Bytes after all questions.
        imported: Seconds for all images; None if it has none of its own.
        stored: Bytes on the disk for all images.
    """

    started: float
    memory: int
    imported: float | None
    stored: int | None


@dataclass
class Results:
    """All results of a run."""

    samples: defaultdict[Case, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    footprints: dict[tuple[int, str], Footprint] = field(default_factory=dict)
    #: By size and server: milliseconds of the listing after a write, and of rendering it anew.
    after_write: dict[tuple[int, str], tuple[float, float]] = field(default_factory=dict)
    #: By size: bytes of the answer, and bytes that the server grew by at most to give it.
    growth: dict[int, tuple[int, int]] = field(default_factory=dict)
    #: Of the machine.
    cores: int = 1
    #: Notes on this run for the reader.
    notes: list[str] = field(default_factory=list)

    def sizes(self) -> list[int]:
        """Return the numbers of images, sorted."""
        return sorted({case.size for case in self.samples})

    def servers(self, size: int, question: Question) -> list[str]:
        """Return the servers with this measurement, in order."""
        return list(
            dict.fromkeys(
                case.server
                for case in self.samples
                if case.size == size and case.question == question.name
            )
        )

    def median(
        self, size: int, question: Question, connections: int, server: str, of: Of
    ) -> float | None:
        """Return the median of what the rounds found, if there were any answers."""
        case = Case(size, question.name, connections, server)
        found = [of(sample) for sample in self.samples.get(case, ()) if sample.requests]
        return statistics.median(found) if found else None

    def spread(self, size: int, question: Question, connections: int, server: str) -> float:
        """Return the spread of the rates relative to their median."""
        rates = [
            sample.rate for sample in self.samples[Case(size, question.name, connections, server)]
        ]
        middle = statistics.median(rates)
        return (max(rates) - min(rates)) / middle if middle else 0.0

    def ratio(
        self, size: int, question: Question, connections: int, servers: tuple[str, str], of: Of
    ) -> float | None:
        """Return the ratio of one server to another: the median of the rounds' ratios.

        The two were asked one after the other in each round, so that whatever else keeps the
        machine busy tells on both.
        """
        one, other = (
            self.samples.get(Case(size, question.name, connections, server), [])
            for server in servers
        )
        ratios = [
            of(first) / of(second)
            for first, second in zip(one, other, strict=False)
            if first.requests and second.requests and of(second)
        ]
        return statistics.median(ratios) if ratios else None
