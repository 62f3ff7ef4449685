"""Snapshots of approved reports, in plain files.

With MUSTER_WRITE_SNAPSHOTS=1 the tests write the files anew: read the difference before you commit.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "snapshots"


def check(name: str, text: str) -> None:
    """Hold *text* against the file *name*."""
    file = FOLDER / name
    if os.environ.get("MUSTER_WRITE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
