"""The installed `musterd`, as its users start it."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tools.engines.processes import beside_python, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READY = re.compile(r"^musterd: listening on (tcp://127\.0\.0\.1:\d+)$", re.MULTILINE)


@contextmanager
def serving(
    listing: list[dict[str, Any]], folder: Path, *options: str | Path, account: str = "default"
) -> Iterator[str]:
    """Import a listing and serve it; yield the address, and expect a clean end on SIGTERM."""
    database = f"sqlite:///{folder}/catalogue.db"
    (folder / "listing.json").write_text(json.dumps(listing))
    command = beside_python("musterd")
    subprocess.run(
        [command, "import", f"{folder}/listing.json", "--db", database, "--account", account],
        stdout=subprocess.DEVNULL,
        timeout=30,
        check=True,
    )
    listen = ("--listen", "tcp://127.0.0.1:0")
    serve = [command, "serve", "--db", database, *listen, *map(str, options)]
    with running(serve, folder / "log") as process:
        process.wait_until(lambda: READY.search(process.output) is not None)
        address = READY.search(process.output)
        assert address
        yield address[1]
        assert process.stop() == 0, process.output


def new_key(file: Path, account: str) -> dict[str, str]:
    """Make a credential; return it as the environment in which the Hyper clients sign with it."""
    command = [beside_python("musterd"), "credentials", "add"]
    options = ["--account", account, "--credentials", str(file)]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=30, check=True
    )
    access, secret = (line.partition(": ")[2] for line in done.stdout.splitlines())
    return {"HYPER_ACCESS": access, "HYPER_SECRET": secret}
