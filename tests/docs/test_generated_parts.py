from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (ROOT / "docs").glob("*.md")
    if "[[[cog" in page.read_text()
)


@pytest.mark.parametrize("page", PAGES)
def test_the_generated_parts_of_a_page_are_up_to_date(page: str) -> None:
    command = [sys.executable, "-m", "cogapp", "--check", "--diff", "-I", ".", page]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`make docs` writes it anew:\n{done.stdout}"


def test_pages_have_generated_parts() -> None:
    assert {"docs/check-a-server.md", "docs/requirements.md", "docs/serve-images.md"} <= set(PAGES)
