"""Making a drawn query shorter, with Hypothesis.

For that it has to look as if it came from Hypothesis' database, in a format that is not documented
(`choices_to_bytes`); there is no database on disk.
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
    """Return the simplest of the queries that *make* can draw and that show the fault.

    Args:
        query: One that shows it.
        choices: Those that made it.
        make: Draws a query.
        shows_it: Whether a query shows the fault.
    """
    simplest = query

    @st.composite
    def queries(draw_: st.DrawFn) -> DrawnQuery:
        return make(lambda bound: draw_(st.integers(0, bound - 1)))

    # The settings come last: with a seed alone Hypothesis takes nothing from a database.
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
    """A query shows the fault; Hypothesis takes it for a failing test."""


class _Only(ExampleDatabase):
    """A database that holds one example, which was not shrunk yet, and takes no other."""

    def __init__(self, choices: tuple[int, ...]) -> None:
        super().__init__()
        self._example = choices_to_bytes(choices)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return [self._example] if key.endswith(b".secondary") else []

    def save(self, key: bytes, value: bytes) -> None:
        pass

    def delete(self, key: bytes, value: bytes) -> None:
        pass
