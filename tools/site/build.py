"""Write the source of the site, and run Sphinx on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from muster.record import matrix_file
from muster.reports.matrix_html import matrix_html
from tools.site import contract, guides, requirements
from tools.site.accessibility import accessible

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "conformance" / "results" / "engines.json"
OWN = ROOT / "docs" / "site"
REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "OWNER/muster")


def build(output: Path) -> int:
    """Build the site, and fail on any warning.

    Args:
        output: The folder for the pages; what is in it is deleted.

    Returns:
        The exit status of Sphinx: 0 if there was no warning.
    """
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        write_source(source)
        options = ["--quiet", "--fail-on-warning", "--keep-going", "--nitpicky"]
        doctrees = ["--doctree-dir", str(Path(folder) / "doctrees")]
        status = build_main([*options, *doctrees, "-b", "dirhtml", str(source), str(output)])
    for page in output.rglob("*.html"):
        page.write_text(accessible(page.read_text(encoding="utf-8")), encoding="utf-8")
    write_matrix(output / "matrix")
    return status


def write_matrix(folder: Path) -> None:
    """Write the matrix of requirements by engines, which is a page of its own making."""
    folder.mkdir(parents=True)
    matrix = matrix_file.loads(RESULTS.read_bytes())
    (folder / "index.html").write_text(matrix_html(matrix), encoding="utf-8")


def write_source(folder: Path) -> None:
    """Write all that Sphinx reads: its configuration, Markdown, pictures and downloads."""
    shutil.copytree(OWN, folder)
    shutil.copytree(ROOT / "docs" / "images", folder / "images")
    shutil.copy(ROOT / "docs" / "performance.svg", folder)
    made = pages()
    index = folder / "index.md"
    named = index.read_text(encoding="utf-8")
    further = [
        name.removesuffix(".md")
        for name in made
        if "/" not in name and name.removesuffix(".md") not in named.split()
    ]
    index.write_text(named.replace("FURTHER_PAGES", "\n".join(further)), encoding="utf-8")
    for name, text in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the generated pages: Markdown by the path of its file."""
    return {
        **guides.pages(ROOT, f"https://github.com/{REPOSITORY}"),
        **requirements.pages(ROOT / "docs" / "results"),
        **contract.pages(),
    }
