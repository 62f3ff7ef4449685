"""Matrices of made-up runs."""

from __future__ import annotations

from dataclasses import replace

from muster.record.matrix import Build, Cell, Matrix, matrix_of, rows
from muster.register.requirements import register
from muster.register.verdict import Verdict

from .runs import FAILED, PASSED, REGISTER, SEEN, UNTRIED, WARNED, at, made, run

DOCKER = {"Name": "Docker", "Version": "20.10"}
NEWER = {"Name": "Docker", "Version": "28.5"}
BOTH = made(
    run(FAILED, WARNED, server=DOCKER), at("1.44", run(PASSED, WARNED, SEEN, server=DOCKER))
)
RUNS = (
    BOTH,
    made(run(FAILED, UNTRIED, server=NEWER)),
    made(run(PASSED, server={})),
    made(run(PASSED, server={})),
)


def of_runs() -> Matrix:
    return matrix_of(RUNS, REGISTER.values())


def of_engines() -> Matrix:
    """Return a matrix of real requirements, with everything that a cell may have."""
    names = (
        "LIST-ORDER",
        "LIST-VIRTUAL-SIZE-EQUAL",
        "LIST-LABELS-NONE",
        "LIST-EMPTY",
        "LIST-LABEL-KEY",
    )
    builds = (
        Build(name="podman 10.0", engine="podman", version="10.0", api_versions=("1.41",)),
        Build(name="podman 4.3", engine="podman", version="4.3.1", api_versions=("1.41",)),
        Build(
            name="Docker 28.5, containerd store",
            engine="Docker",
            version="28.5",
            store="containerd",
            api_versions=("1.24", "1.41", "1.44"),
        ),
        Build(
            name="Docker 28.5",
            engine="Docker",
            version="28.5",
            store="graph driver",
            api_versions=("1.24", "1.41", "1.44"),
        ),
    )
    order = Cell(
        requirement="LIST-ORDER",
        build="podman 4.3",
        verdict=Verdict.FAIL,
        finding="<b>a & b</b> stand in the wrong order",
        reproduce=("curl 'http://x/<script>'",),
        reason="Images stand as stored.",
        link="https://example.test/issue/1",
    )
    cells = (
        replace(order, build="podman 10.0", sometimes=True, link="javascript:alert(1)"),
        order,
        Cell(
            requirement="LIST-ORDER",
            build="Docker 28.5",
            verdict=Verdict.PASS,
            verdicts={Verdict.PASS: ("1.24",), Verdict.INCONCLUSIVE: ("1.41",)},
        ),
        Cell(
            requirement="LIST-VIRTUAL-SIZE-EQUAL",
            build="Docker 28.5, containerd store",
            verdict=Verdict.WARN,
            departs_at=("1.24",),
            finding="VirtualSize is 5",
        ),
        Cell(requirement="LIST-LABELS-NONE", build="Docker 28.5", verdict=Verdict.OBSERVE),
        Cell(requirement="LIST-EMPTY", build="Docker 28.5", verdict=Verdict.INCONCLUSIVE),
    )
    met = Cell(requirement="LIST-LABEL-KEY", build="Docker 28.5", verdict=Verdict.PASS)
    return Matrix(
        format=1,
        muster="0.1.0",
        requirements=rows(register()[name] for name in names),
        builds=builds,
        cells=(*cells, met),
    )
