"""Shrinks a drawn query with Hypothesis.

To do so it presents the query as an entry of Hypothesis' database, in an undocumented format
(`choices_to_bytes`). The database exists in memory only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import hypothesis
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, choices_to_bytes

from muster.fuzzing.choices import Choose
from muster.fuzzing.parts import DrawnQuery


def shrunk(
    query: DrawnQuery,
    choices: tuple[int, ...],
    make: Callable[[Choose], DrawnQuery],
    shows_it: Callable[[DrawnQuery], bool],
) -> DrawnQuery:
    """Return the simplest query that *make* can draw and that shows the fault.

    Args:
        query: A query that shows it.
        choices: The choices that produced it.
        make: Draws a query.
        shows_it: Whether a query shows the fault.
    """
    simplest = query

    @st.composite
    def queries(draw_: st.DrawFn) -> DrawnQuery:
        return make(lambda bound: draw_(st.integers(0, bound - 1)))

    # The settings come last: with a seed alone Hypothesis reads nothing from a database.
    @hypothesis.settings(
        database=_Only(choices),
        deadline=None,
        phases=[hypothesis.Phase.reuse, hypothesis.Phase.shrink],
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.seed(0)
    @hypothesis.given(queries())
    def test(query: DrawnQuery) -> None:
        nonlocal simplest
        if shows_it(query):
            simplest = query
            raise _Shows

    with suppress(_Shows):
        test()
    return simplest


class _Shows(Exception):
    """Raised when a query shows the fault; Hypothesis sees a failing test."""


class _Only(ExampleDatabase):
    """A read-only database with one example that is still to be shrunk."""

    def __init__(self, choices: tuple[int, ...]) -> None:
        super().__init__()
        self._example = choices_to_bytes(choices)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return [self._example] if key.endswith(b".secondary") else []

    def save(self, key: bytes, value: bytes) -> None:
        pass

    def delete(self, key: bytes, value: bytes) -> None:
        pass
