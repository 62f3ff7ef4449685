"""The threat model names an existing test for each threat."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(?P<file>(?:[a-z]+/)*test_[a-z_]+\.py)(?P<inner>(?:::\w+)*)`")
TESTS = ROOT / "tests" / "server"
FILES = {str(path.relative_to(TESTS)): path for path in TESTS.rglob("test_*.py")}


def rows() -> list[list[str]]:
    """Return the threats: attacker, countermeasure and test."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if len(row) == 3 and row[2] not in {"shown by", "option"}]


def threats() -> list[list[str]]:
    limits = PAGE[PAGE.index("\n## Limits\n") :]
    return [row for row in rows() if row[0] not in limits]


def inside(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield each.name, each


def is_there(file: str, inner: str) -> bool:
    if file not in FILES:
        return False
    node: ast.AST = ast.parse(FILES[file].read_text(encoding="utf-8"))
    for name in inner.split("::")[1:]:
        found = dict(inside(node)) if isinstance(node, ast.Module | ast.ClassDef) else {}
        if name not in found or not name.startswith(("test_", "Test")):
            return False
        node = found[name]
    return True


def test_every_threat_has_a_test() -> None:
    assert len(threats()) > 20
    assert [row[0] for row in threats() if not NAMED.search(row[2])] == []


@pytest.mark.parametrize("named", sorted({match[0] for match in NAMED.finditer(PAGE)}))
def test_a_named_test_exists(named: str) -> None:
    match = NAMED.fullmatch(named)
    assert match is not None
    assert is_there(match["file"], match["inner"])


@pytest.mark.parametrize(
    ("file", "inner"),
    [
        ("test_nothing.py", ""),
        ("access/test_authentication.py", "::TestNothing"),
        ("access/test_authentication.py", "::TestReplays::test_nothing"),
        ("access/test_authentication.py", "::Server"),
        (
            "access/test_authentication.py",
            "::TestReplays::test_a_signed_read_may_be_repeated::test_more",
        ),
    ],
)
def test_a_missing_test_is_detected(file: str, inner: str) -> None:
    assert not is_there(file, inner)
