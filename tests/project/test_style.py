"""The part of the style that ruff cannot check."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def handlers(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the place and the name of every caught exception that has a name."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.name


@pytest.mark.parametrize("folder", ["benchmarks", "tests", "tools"])
def test_a_caught_exception_is_called_error(folder: str) -> None:
    names = dict(handlers(folder))
    assert names
    assert {place: name for place, name in names.items() if name != "error"} == {}
