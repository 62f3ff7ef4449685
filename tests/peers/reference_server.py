"""The installed `musterd`, as its users start it."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .processes import running
from .programs import beside_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READY = re.compile(r"^musterd: listening on (tcp://127\.0\.0\.1:\d+)$", re.MULTILINE)


@contextmanager
def serving(listing: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """Import a listing and serve it; yield the address, and expect a clean end on SIGTERM."""
    database = f"sqlite:///{folder}/catalogue.db"
    (folder / "listing.json").write_text(json.dumps(listing))
    command = beside_python("musterd")
    subprocess.run(
        [command, "import", f"{folder}/listing.json", "--db", database],
        stdout=subprocess.DEVNULL,
        timeout=30,
        check=True,
    )
    serve = [command, "serve", "--db", database, "--listen", "tcp://127.0.0.1:0"]
    with running(serve, folder / "log") as process:
        process.wait_until(lambda: READY.search(process.output) is not None)
        address = READY.search(process.output)
        assert address
        yield address[1]
        assert process.stop() == 0, process.output
