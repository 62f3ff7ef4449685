"""The report on the terminal: the verdict first, then each failure with all it takes to see it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from muster.curl import curl
from muster.image import printable, shorten
from muster.register import Requirement
from muster.run import Run
from muster.verdict import Result, Verdict

WIDTH = 80
DIFFERENCE_WIDTH = 200
TOLD_IN_FULL = (Verdict.FAIL, Verdict.WARN)
TOLD_IN_A_LINE = {
    Verdict.BLOCKED: "Could not be checked:",
    Verdict.INCONCLUSIVE: "Not enough evidence:",
    Verdict.OBSERVE: "Observed, not judged:",
}


def terminal(run: Run) -> str:
    """*run* as text for people, at most 80 columns wide but for commands."""
    return "\n".join(printable(line) for line in _lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    who = " ".join(run.server[name] for name in ("Name", "Version") if name in run.server)
    yield from _wrapped(
        f"List Images at {run.target}{f' ({who})' if who else ''}, API {run.version}", ""
    )
    yield _headline(run)
    for verdict in TOLD_IN_FULL:
        for result in run.of(verdict):
            yield ""
            yield from _in_full(run, result)
    for verdict, title in TOLD_IN_A_LINE.items():
        if results := run.of(verdict):
            yield ""
            yield title
            for result in results:
                yield from _wrapped(f"{result.requirement.id}: {result.message}", "  ")
    yield ""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in run.summary.items() if count)
    effort = f"{run.requests} requests in {run.seconds:.1f} s, seed {run.seed}"
    whole = f"{counts}; {effort}"
    yield from [whole] if len(whole) <= WIDTH else [f"{counts};", effort]


def _headline(run: Run) -> str:
    counts = run.summary
    if counts[Verdict.FAIL]:
        return f"DOES NOT CONFORM: {counts[Verdict.FAIL]} of {_counted(len(run.results))} not met."
    if not run.conforms:
        return "DOES NOT CONFORM: with --strict, warnings count as failures."
    if run.exit_status:
        return "NOT CHECKED: nothing could be decided; what is missing stands below."
    return f"CONFORMS: {_counted(counts[Verdict.PASS])} met, none failed."


def _counted(count: int) -> str:
    return f"{count} requirement" + ("" if count == 1 else "s")


def _in_full(run: Run, result: Result) -> Iterator[str]:
    requirement = result.requirement
    yield f"{result.verdict.upper()} {requirement.id} ({requirement.level})"
    yield from _wrapped(requirement.rule, "  ")
    yield from _wrapped(f"Found: {result.message}", "  ")
    for line in result.difference:
        yield f"    {shorten(line, DIFFERENCE_WIDTH)}"
    yield from _wrapped(f"Clause: {requirement.clause} [{requirement.source}]", "  ")
    for exchange in result.shown_by:
        yield f"  $ {curl(run.target, run.version, exchange.request)}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(register: Iterable[Requirement]) -> str:
    """The requirements, a line or two each."""
    rows: list[str] = []
    for requirement in register:
        rows.append(_titled(requirement))
        rows += _wrapped(requirement.rule, "  ")
    return "\n".join(rows) + "\n"


def explain(requirement: Requirement, tried: str) -> str:
    """All that there is to say on *requirement*; *tried* says what its check asks."""
    lines = [_titled(requirement)]
    lines += _wrapped(requirement.rule, "  ")
    lines += _wrapped(f"Tried on: {tried}", "  ")
    lines += _wrapped(f"Clause: {requirement.clause}", "  ")
    lines += _wrapped(f"Source: {requirement.source}", "  ")
    if requirement.seen:
        lines += _wrapped(f"Known to have failed it: {', '.join(requirement.seen)}", "  ")
    return "\n".join(lines) + "\n"


def _titled(requirement: Requirement) -> str:
    scope = f", {requirement.scope}" if requirement.scope else ""
    return f"{requirement.id} ({requirement.level}{scope})"
