"""The suite finds no fault in greased responses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from musterd.testing import Server

MUSTER = Path(sys.executable).with_name("muster")
SECONDS = 300


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.23", "1.41", "1.56"])
def test_greased_listings_conform(version: str) -> None:
    with Server(grease=int(version.replace(".", ""))) as server:
        done = subprocess.run(
            [
                *(MUSTER, "check", server.url, "--api-version", version),
                *("--plant", "--max-examples", "5"),
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stdout
