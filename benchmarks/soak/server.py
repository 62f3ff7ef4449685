"""The server under load: its process and its database."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from benchmarks.soak.connection import PATIENCE, SoakError
from musterd.access.credentials import CredentialFile
from tools import postgresql as postgres


@contextmanager
def database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if not postgresql:
        yield f"sqlite:///{folder}/soak.db"
        return
    with postgres.started() as server:
        # Use a user subject to row-level security, as in production.
        yield server.url(user=postgres.ORDINARY)


@asynccontextmanager
async def serving(url: str, keys: CredentialFile, workers: int) -> AsyncIterator[tuple[int, int]]:
    """Run a server; yield its process and port, and check that it ends cleanly."""
    command = [
        *(sys.executable, "-P", "-c", "from musterd.cli.main import main; main()"),
        *("serve", "--db", url, "--listen", "tcp://127.0.0.1:0"),
        *("--credentials", str(keys.path), "--workers", str(workers)),
    ]
    process = subprocess.Popen(  # noqa: ASYNC220, S603  # once; nothing in it is from outside
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SoakError(f"the server does not start: {process.communicate()[1]}")
        yield process.pid, int(line.rpartition(":")[2])
    finally:
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
    if log or process.returncode:
        raise SoakError(f"the server ended with status {process.returncode} and said: {log}")
