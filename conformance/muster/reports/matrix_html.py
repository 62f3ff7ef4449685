"""A matrix of runs as one self-contained HTML page, with filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from muster.record.findings import ranges
from muster.record.matrix import Build, Cell, Matrix, MatrixRequirement
from muster.register.verdict import Verdict
from muster.reports.links import links
from muster.reports.template import render

WORDS = {
    Verdict.FAIL: "fails",
    Verdict.WARN: "warns",
    Verdict.PASS: "met",
    Verdict.OBSERVE: "seen",
    Verdict.INCONCLUSIVE: "open",
    Verdict.BLOCKED: "open",
}
"""What a cell says."""

NUMBER = re.compile(r"\d+")


def matrix_html(matrix: Matrix) -> str:
    """Return *matrix* as an HTML page: requirements by builds, each cell with its finding."""
    builds = tuple(sorted(matrix.builds, key=_age))
    ordered = replace(matrix, builds=builds)
    return render(
        "matrix.html",
        styles=("page.css", "matrix.css"),
        script="matrix.js",
        filters={"links": links, "anchor": anchor},
        values={
            "matrix": ordered,
            "cells": {(cell.requirement, cell.build): cell for cell in matrix.cells},
            "groups": _groups(matrix),
            "engines": list(dict.fromkeys(build.engine for build in builds)),
            "stores": list(dict.fromkeys(build.store for build in builds if build.store)),
            "versions": _versions(builds),
            "words": WORDS,
            "at_versions": lambda cell: _at_versions(ordered, cell),
            "over_versions": lambda requirement: list(over_versions(ordered, requirement)),
            "history": lambda requirement: list(history(ordered, requirement)),
            "counts": {build.name: _counts(matrix, build) for build in builds},
        },
    )


def anchor(text: str) -> str:
    """Return *text* as a part of an anchor: `Docker 28.5` becomes `docker-28.5`."""
    return re.sub("[^a-z0-9.]+", "-", text.lower()).strip("-")


def history(matrix: Matrix, requirement: MatrixRequirement) -> Iterator[tuple[str, str]]:
    """Yield each engine, with what its releases did, oldest first, in words.

    For example `Docker` with `met from 1.11.2 to 20.10.24; fails from 26.1.5 to 28.5.2`.
    """
    row = matrix.row(requirement.id)
    checked = [build for build in matrix.builds if build.name in row]
    for (engine, store), group in groupby(checked, key=lambda build: (build.engine, build.store)):
        spans = []
        for word, same in groupby(group, key=lambda build: WORDS[row[build.name].verdict]):
            releases = [build.version for build in same]
            several = len(releases) > 1
            until = f"from {releases[0]} to {releases[-1]}" if several else f"in {releases[0]}"
            spans.append(f"{word} {until}")
        yield f"{engine}, {store} store" if store == "containerd" else engine, "; ".join(spans)


def over_versions(matrix: Matrix, requirement: MatrixRequirement) -> Iterator[tuple[str, str]]:
    """Yield each build, with what it did at each API version, in words.

    For example `Docker 28.5` with `met at 1.24 to 1.41; fails at 1.44; not checked at 1.45`.
    """
    row = matrix.row(requirement.id)
    for build in matrix.builds:
        verdicts = matrix.by_version(row[build.name]) if build.name in row else {}
        if verdicts:
            spans: dict[str, list[str]] = {}
            for version, verdict in verdicts.items():
                word = WORDS[verdict] if verdict else "not checked"
                spans.setdefault(word, []).append(version)
            order = list(verdicts)
            words = (f"{word} at {ranges(each, order)}" for word, each in spans.items())
            yield build.name, "; ".join(words)


def _at_versions(matrix: Matrix, cell: Cell) -> str:
    """Return the verdicts of *cell* for the script: `1.24=pass 1.41=fail 1.44=`."""
    verdicts = matrix.by_version(cell).items()
    return " ".join(f"{version}={verdict or ''}" for version, verdict in verdicts)


def _age(build: Build) -> tuple[str, bool, list[int]]:
    """Sort by engine and store, older releases first."""
    numbers = [int(number) for number in NUMBER.findall(build.version)]
    return build.engine.lower(), build.store == "containerd", numbers


def _groups(matrix: Matrix) -> dict[str, list[MatrixRequirement]]:
    groups: dict[str, list[MatrixRequirement]] = {}
    for requirement in matrix.requirements:
        groups.setdefault(requirement.group, []).append(requirement)
    return groups


def _versions(builds: tuple[Build, ...]) -> list[str]:
    found = {version for build in builds for version in build.api_versions}
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def _counts(matrix: Matrix, build: Build) -> tuple[int, int]:
    """Return how many MUSTs and how many SHOULDs *build* does not meet."""
    verdicts = [cell.verdict for cell in matrix.cells if cell.build == build.name]
    return verdicts.count(Verdict.FAIL), verdicts.count(Verdict.WARN)
