from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_what_the_programs_print() -> None:
    command = [sys.executable, "-m", "cogapp", "--check", "--diff", "-I", ".", "README.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`make docs` writes it anew:\n{done.stdout}"
