"""Start short-lived PostgreSQL servers, without durable storage, for tests and benchmarks.

with postgresql.started() as server:
musterd_opens(server.url(user=postgresql.ORDINARY))
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# Debian's location, with a folder for each release.
INSTALLED = Path("/usr/lib/postgresql")
USER = "postgres"
# May do in its database what musterd needs; unlike USER it is subject to row-level security.
ORDINARY = "ordinary"
PASSWORD = "s3cret/@%"
START_SECONDS = 30
# The tests do not cover power cuts.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NotInstalledError(RuntimeError):
    """PostgreSQL is not installed."""


@dataclass(frozen=True)
class Server:
    """A server on a loopback port, with a password, and on a socket, without one.

    Attributes:
        programs: The folder of PostgreSQL's programs.
        folder: Holds the data, the socket and the log.
        port: The TCP port.
    """

    programs: Path
    folder: Path
    port: int

    def url(self, database: str = "postgres", user: str = USER) -> str:
        """Return the URL of a database, over the socket."""
        return f"postgresql://{user}@:{self.port}/{database}?host={self.folder}"

    @property
    def log(self) -> str:
        """Return the server's log."""
        return (self.folder / "log").read_text(errors="replace")

    def execute(self, *statements: str) -> None:
        """Execute statements as a superuser."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, query: str) -> Any:
        """Return the first value of a query's first row."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query).fetchone()
            return None if row is None else row[0]

    def is_ready(self) -> bool:
        """Return whether the server accepts connections."""
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True


def programs() -> Path:
    """Return the folder with the newest PostgreSQL's programs.

    Raises:
        NotInstalledError: If there is none.
    """
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    anywhere = shutil.which("initdb")
    if anywhere is None:
        raise NotInstalledError("PostgreSQL is not installed")
    return Path(anywhere).parent


@contextmanager
def started() -> Iterator[Server]:
    """Run a server with a role that musterd can use: ORDINARY.

    Raises:
        NotInstalledError: If PostgreSQL is not installed.
    """
    with new_server() as server, running(server):
        server.execute(
            f"CREATE ROLE {ORDINARY} LOGIN", f"GRANT CREATE ON DATABASE postgres TO {ORDINARY}"
        )
        yield server


@contextmanager
def new_server() -> Iterator[Server]:
    """Create a server, without starting it."""
    with _folder() as folder:
        server = Server(programs(), folder, _free_port())
        (folder / "password").write_text(PASSWORD)
        _run(
            server,
            "initdb",
            *("--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256"),
            *(f"--username={USER}", f"--pwfile={folder}/password"),
            *("--encoding=UTF8", "--locale=C", f"--pgdata={folder}/data"),
        )
        yield server


@contextmanager
def new_replica(primary: Server) -> Iterator[Server]:
    """Create a streaming replica of a running server, without starting it."""
    with _folder() as folder:
        server = Server(primary.programs, folder, _free_port())
        _run(
            server,
            "pg_basebackup",
            *("--no-sync", "--checkpoint=fast", "--write-recovery-conf"),
            *(f"--host={primary.folder}", f"--port={primary.port}", f"--username={USER}"),
            f"--pgdata={folder}/data",
        )
        yield server


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Run a server while the context is open.

    Raises:
        RuntimeError: If it does not start in START_SECONDS.
    """
    settings = FORGETFUL | {
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": str(server.folder),
    }
    # The kernel ends the server if this process is killed first.
    follow = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    with (server.folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # found where Debian keeps it
            [
                *follow,
                server.programs / "postgres",
                *("-D", server.folder / "data"),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_identity(),
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {server.log}")
            time.sleep(0.02)
        yield
    finally:
        # Fast shutdown: does not wait for clients.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)


def _identity() -> dict[str, Any]:
    """Return the user to run as: PostgreSQL refuses root, and its package comes with a user."""
    return {"user": USER, "group": USER} if os.geteuid() == 0 else {}


@contextmanager
def _folder() -> Iterator[Path]:
    # Short enough for a socket and, unlike pytest's folder, open to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="muster-", ignore_cleanup_errors=True) as name:
        if identity := _identity():
            shutil.chown(name, **identity)
        yield Path(name)


def _run(server: Server, program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  # as above
        [server.programs / program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=server.folder,
        **_identity(),
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed: {done.stderr}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
