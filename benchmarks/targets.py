"""The performance targets of musterd, and whether a run met them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.load import Sample
from benchmarks.questions import DIFFERENT, DIFFERENT_LABEL, DIFFERENT_NAME, PLAIN
from benchmarks.results import Results

SQLITE = "musterd, SQLite"
POSTGRESQL = "musterd, PostgreSQL"
NOTHING_KEPT = "musterd, no cache"
TWO_WORKERS = "musterd, 2 workers"
STARLETTE = "bare Starlette"
DOCKERD = "dockerd"

_MANY = 16
_IMPORT_RATE = 5000
_IMPORTED = 100_000
_TAIL = 4.0
# One for each of two workers, and one for whoever asks them.
_CORES = 3
# The tolerance of a time that should not grow.
_TOLERANCE = 1.1


@dataclass(frozen=True)
class Target:
    """One target; *reached* is None if this machine cannot measure it."""

    text: str
    wanted: str
    found: str
    reached: bool | None


def rate(sample: Sample) -> float:
    """Take the answers a second."""
    return sample.rate


def p50(sample: Sample) -> float:
    """Take the milliseconds that half of the answers took at most."""
    return sample.p50


def thrift(sample: Sample) -> float:
    """Take the answers for each microsecond of processor time."""
    return 1 / sample.processor


def tail(sample: Sample) -> float:
    """Take how much longer the slowest hundredth took than half of the answers."""
    return sample.p99 / sample.p50


def targets(results: Results) -> list[Target]:
    """Return the results for the targets that were measured."""
    return [
        *_hot(results),
        *_cold(results),
        *_selective(results),
        *_tails(results),
        *_after_write(results),
        *_growth(results),
        *_imports(results),
        *_workers(results),
    ]


def _hot(results: Results) -> Iterator[Target]:
    for size, wanted in ((10, 0.85), (1000, 0.95)):
        for of, what in ((rate, "answers a second"), (thrift, "answers per processor time")):
            found = results.ratio(size, PLAIN, _MANY, (SQLITE, STARLETTE), of)
            if found is not None:
                text = f"hot, {size:,} images: {what}, relative to bare Starlette"
                yield _at_least(text, wanted, found)


def _cold(results: Results) -> Iterator[Target]:
    for question, wanted in ((DIFFERENT, 10), (DIFFERENT_LABEL, 50), (DIFFERENT_NAME, 50)):
        for server in (SQLITE, POSTGRESQL):
            found = results.ratio(1000, question, _MANY, (server, DOCKERD), rate)
            if found is not None:
                name = server.removeprefix("musterd, ")
                yield _at_least(
                    f"{question.name}, 1,000 images, {name}: relative to dockerd", wanted, found
                )


def _selective(results: Results) -> Iterator[Target]:
    for question in (DIFFERENT_LABEL, DIFFERENT_NAME):
        # From the database each time: that so few are held in memory otherwise is not the point.
        small = results.median(1000, question, 1, NOTHING_KEPT, p50)
        large = results.median(100_000, question, 1, SQLITE, p50)
        if small and large:
            text = f"{question.name}: time with 100,000 images, relative to 1,000 uncached"
            # A hundred times the images may cost some levels of an index.
            yield _at_most(text, 2.0, large / small)


def _tails(results: Results) -> Iterator[Target]:
    for question, size in ((PLAIN, 10), (PLAIN, 1000), (DIFFERENT, 1000)):
        found = results.median(size, question, _MANY, SQLITE, tail)
        if found is not None:
            yield _at_most(f"{question.name}, {size:,} images: p99 relative to p50", _TAIL, found)


def _after_write(results: Results) -> Iterator[Target]:
    for (size, server), (after, anew) in results.after_write.items():
        name = server.removeprefix("musterd, ")
        text = f"listing after a write, {size:,} images, {name}: relative to rendering it again"
        yield _at_most(text, _TOLERANCE, after / anew)


def _growth(results: Results) -> Iterator[Target]:
    for size, (body, grown) in results.growth.items():
        text = f"memory for a listing of {size:,} images, relative to its size"
        yield _at_most(text, 1.5, grown / body)


def _imports(results: Results) -> Iterator[Target]:
    for (size, server), footprint in results.footprints.items():
        if footprint.imported and server in (SQLITE, POSTGRESQL) and size >= _IMPORTED:
            name = server.removeprefix("musterd, ")
            text = f"import of {size:,} images, {name}: images a second"
            yield _at_least(text, _IMPORT_RATE, size / footprint.imported)


def _workers(results: Results) -> Iterator[Target]:
    for question in (PLAIN, DIFFERENT):
        found = results.ratio(1000, question, _MANY, (TWO_WORKERS, SQLITE), rate)
        if found is not None:
            text = (
                f"{question.name}, 1,000 images: two workers relative to one, wrk on the same cores"
            )
            target = _at_least(text, 1.7, found)
            too_few = results.cores < _CORES and not target.reached
            yield replace(target, reached=None) if too_few else target


def _at_least(text: str, wanted: float, found: float) -> Target:
    return Target(text, f"≥ {wanted:,}", _short(found), found >= wanted)


def _at_most(text: str, wanted: float, found: float) -> Target:
    return Target(text, f"≤ {wanted:,}", _short(found), found <= wanted)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"  # noqa: PLR2004  # digits to show
