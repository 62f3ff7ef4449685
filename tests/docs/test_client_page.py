"""The page on tests of clients: its examples are run as users would run them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.test_pages import blocks

PAGE = "test-your-client.md"
SECONDS = 300
# pytest loads the plugin by its entry point, as it does for users.
ALONE = {"PYTEST_ADDOPTS": "", "DOCKER_HOST": ""}


def write(folder: Path, *languages: str) -> list[str]:
    """Write the files of the page, and return their names."""
    found = [block for block in blocks(PAGE, *languages) if block.file]
    for block in found:
        (folder / block.file).write_text(block.text)
    return [block.file for block in found]


def test_the_examples_in_python_pass(tmp_path: Path) -> None:
    files = write(tmp_path, "python", "yaml")
    assert "seed.yaml" in files
    options = ["-W", "error", "-p", "no:cacheprovider", "-n", "0", "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        cwd=tmp_path,
        env=os.environ | ALONE,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout
