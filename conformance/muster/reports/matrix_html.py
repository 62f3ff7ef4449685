"""A matrix of runs as one self-contained HTML page, with filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from muster.record.matrix import Build, Matrix, MatrixRequirement
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
