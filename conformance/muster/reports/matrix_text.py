"""A matrix of runs for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.image import printable
from muster.record.matrix import Cell, Matrix, MatrixRequirement
from muster.register.requirements import Level
from muster.register.verdict import Verdict
from muster.reports.phrases import wrapped

WORDS = {Verdict.FAIL: "**fails**", Verdict.WARN: "warns", Verdict.PASS: "met"}
"""What a cell says in Markdown; nothing if the verdict is another."""


def matrix_text(matrix: Matrix) -> str:
    """Return *matrix* as text: the requirements that some run does not meet, and which runs."""
    letters = {build.name: _letter(at) for at, build in enumerate(matrix.builds)}
    lines = [f"{letter}: {name}" for name, letter in letters.items()]
    departed = [*_departed(matrix)]
    for requirement, row in departed:
        verdicts = [f"{letters[name]} {cell.verdict}" for name, cell in row.items()]
        lines.append("")
        lines += wrapped(f"{requirement.id} ({requirement.level})", "")
        lines += wrapped(", ".join(verdicts), "  ")
    others = len(matrix.requirements) - len(departed)
    lines += ["", f"{len(departed)} requirements not met by some run, {others} others"]
    return "\n".join(map(printable, lines)) + "\n"


def matrix_markdown(matrix: Matrix) -> str:
    """Return *matrix* as a table in Markdown, of the requirements that some run does not meet."""
    names = [_escaped(build.name) for build in matrix.builds]
    lines = [f"| Requirement | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    departed = [*_departed(matrix)]
    for requirement, row in departed:
        cells = [_cell(matrix, row.get(build.name)) for build in matrix.builds]
        level = "" if requirement.level is Level.MUST else f" ({requirement.level})"
        lines.append(f"| `{requirement.id}`{level} | {' | '.join(cells)} |")
    others = len(matrix.requirements) - len(departed)
    lines += ["", f"{others} other requirements: no run departs from them."]
    return "\n".join(map(printable, lines)) + "\n"


def _departed(matrix: Matrix) -> Iterator[tuple[MatrixRequirement, dict[str, Cell]]]:
    for requirement in matrix.requirements:
        row = matrix.row(requirement.id)
        if any(cell.departs for cell in row.values()):
            yield requirement, row


def _cell(matrix: Matrix, cell: Cell | None) -> str:
    if cell is None:
        return ""
    return " ".join(part for part in (WORDS.get(cell.verdict, ""), matrix.scope(cell)) if part)


def _letter(at: int) -> str:
    """Return the letter of the run at position *at*: A to Z, then A1, B1 and so on."""
    round_, letter = divmod(at, 26)
    return chr(ord("A") + letter) + (str(round_) if round_ else "")


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
