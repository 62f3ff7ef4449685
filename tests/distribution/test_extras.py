"""The packages that each extra installs, according to installed metadata."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| .* \| (\d+) \|$", re.MULTILINE)
COUNTS = {extra: int(count) for extra, count in ROW.findall(PAGE)}
OURS = {"muster", "musterd", "muster_openapi"}
HALVES = {"server": ROOT / "server" / "musterd", "conformance": ROOT / "conformance" / "muster"}
# Modules that are imported only if they are installed, or only by the type checker.
OPTIONAL = {
    "server": {"backports", "compression", "psycopg", "pytest"},
    "conformance": {"_typeshed", "pytest", "requests", "schemathesis"},
}


def required(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        contexts = [{"extra": extra} for extra in extras | {""}]
        if requirement.marker is None or any(map(requirement.marker.evaluate, contexts)):
            yield requirement


def installed_by(extra: str) -> set[str]:
    """Return the names of all packages that `pip install passmuster[extra]` installs."""
    waiting = [("passmuster", frozenset({extra}))]
    seen = set(waiting)
    while waiting:
        for requirement in required(*waiting.pop()):
            found = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return {name for name, _ in seen}


def test_no_dependencies_are_installed_without_an_extra() -> None:
    assert list(required("passmuster", frozenset())) == []


def test_the_server_needs_at_most_30_packages_and_the_suite_25() -> None:
    assert len(installed_by("server") - {"passmuster"}) <= 30
    assert len(installed_by("conformance") - {"passmuster"}) <= 25


def test_the_page_states_the_package_count_of_each_extra() -> None:
    assert COUNTS.keys() == set(distribution("passmuster").metadata.get_all("Provides-Extra"))
    if sys.version_info < (3, 14):
        assert {extra: len(installed_by(extra)) for extra in COUNTS} == COUNTS


@pytest.mark.parametrize("half", HALVES)
def test_each_extra_installs_what_its_half_imports(half: str) -> None:
    providers = packages_distributions()
    imported = {
        name.partition(".")[0]
        for file in HALVES[half].rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in names(node)
    }
    foreign = imported - OURS - OPTIONAL[half] - sys.stdlib_module_names
    assert foreign
    direct = {canonicalize_name(each.name) for each in required("passmuster", frozenset({half}))}
    assert direct.issuperset(canonicalize_name(providers[name][0]) for name in foreign)


def names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
