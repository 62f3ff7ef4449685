"""The results of a run as Markdown."""

from collections.abc import Iterator, Sequence

from benchmarks.questions import FEWER, OTHERS, PLAIN, Question
from benchmarks.results import Case, Results
from benchmarks.targets import p50, rate, targets

_MANY = 16
_MIB = 2**20
_NONE = "-"
_REACHED = {True: "yes", False: "**no**", None: "too few cores"}


def report(results: Results) -> str:
    """Return all that a run has found."""
    return "\n".join(
        line
        for part in (
            _targets(results),
            *(_plain(results, size) for size in results.sizes()),
            *(_questions(results, size) for size in results.sizes()),
            _growing(results),
            _footprints(results),
            _notes(results),
        )
        for line in part
    )


def _targets(results: Results) -> Iterator[str]:
    rows = [
        (each.text, each.wanted, each.found, _REACHED[each.reached]) for each in targets(results)
    ]
    yield from _table("Targets", ("measurement", "required", "measured", "met"), rows)


def _plain(results: Results, size: int) -> Iterator[str]:
    asked = (1, _MANY)
    rows = [
        [server, *(cell for number in asked for cell in _cells(results, size, number, server))]
        for server in results.servers(size, PLAIN)
    ]
    header = ["server"]
    for connections in ("1 connection", "16 connections"):
        header += [f"{connections}: answers/s", "spread", "p50 ms", "p99 ms", "processor µs"]
    yield from _table(f"{size:,} images: the plain listing, hot", header, rows)


def _cells(results: Results, size: int, connections: int, server: str) -> list[str]:
    samples = results.samples.get(Case(size, PLAIN.name, connections, server))
    found = results.median(size, PLAIN, connections, server, rate)
    if not samples or found is None:
        return [_NONE] * 5
    spread = results.spread(size, PLAIN, connections, server)
    others = [
        results.median(size, PLAIN, connections, server, of)
        for of in (p50, lambda sample: sample.p99, lambda sample: sample.processor)
    ]
    return [f"{found:,.0f}", f"{spread:.0%}", *(_number(other) for other in others)]


def _questions(results: Results, size: int) -> Iterator[str]:
    asked = [question for question in OTHERS if results.servers(size, question)]
    if not asked:
        return
    servers = list(
        dict.fromkeys(server for question in asked for server in results.servers(size, question))
    )
    rows = [
        (question.name, *(_rate_and_times(results, size, question, server) for server in servers))
        for question in asked
    ]
    title = f"{size:,} images: other queries, 16 connections: answers/s (p50 / p99 in ms)"
    yield from _table(title, ("query", *servers), rows)


def _rate_and_times(results: Results, size: int, question: Question, server: str) -> str:
    found, middle, slow = (
        results.median(size, question, _MANY, server, of)
        for of in (rate, p50, lambda sample: sample.p99)
    )
    if found is None:
        asked = Case(size, question.name, _MANY, server) in results.samples
        return "no answer in time" if asked else _NONE
    return f"{found:,.0f} ({_number(middle)} / {_number(slow)})"


def _growing(results: Results) -> Iterator[str]:
    sizes = results.sizes()
    rows = []
    for question in FEWER:
        servers = dict.fromkeys(
            server for size in sizes for server in results.servers(size, question)
        )
        for server in servers:
            times = [results.median(size, question, 1, server, p50) for size in sizes]
            rows.append((question.name, server, *map(_number, times)))
    header = ("query", "server", *(f"{size:,} images" for size in sizes))
    yield from _table("How time grows with the catalogue: p50 in ms, 1 connection", header, rows)


def _footprints(results: Results) -> Iterator[str]:
    rows = [
        (
            f"{size:,}",
            server,
            f"{each.started:.2f}",
            f"{each.memory / _MIB:,.0f}",
            _NONE if each.imported is None else f"{each.imported * 1e3 / size:.2f}",
            _NONE if each.stored is None else f"{each.stored / size:,.0f}",
        )
        for (size, server), each in results.footprints.items()
    ]
    header = (
        *("images", "server", "start-up, s", "memory, MiB"),
        *("import, ms an image", "store, bytes an image"),
    )
    yield from _table("Start-up, memory, import and storage", header, rows)


def _notes(results: Results) -> Iterator[str]:
    yield from (f"- {note}" for note in results.notes)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield from (f"### {title}", "", f"| {' | '.join(header)} |", "|---" * len(header) + "|")
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _number(value: float | None) -> str:
    if value is None:
        return _NONE
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  # digits to show
