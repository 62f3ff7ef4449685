"""The servers of the benchmark: each serves the same images, or sends the same bytes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import footprint, load
from benchmarks.load import Server
from benchmarks.questions import LISTING
from tools.engines import Engine, free_port, start
from tools.engines.processes import beside_python, running

ROOT = Path(__file__).parents[1]
MUSTERD = beside_python("musterd")
# Seconds that a daemon may take for a listing, and that are waited to see how long it takes.
_SLOWEST = 10
_PATIENCE = 60


@contextmanager
def _serving(
    name: str,
    command: Sequence[object],
    port: int,
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    listing: str = LISTING,
) -> Iterator[Server]:
    start = time.monotonic()
    with running([*map(str, command)], log, env) as process:
        process.wait_until(lambda: _answers(port))
        started = time.monotonic() - start
        yield Server(name, port, process.pid, started, footprint.peak(process.pid), listing)


def _answers(port: int) -> bool:
    try:
        load.once(port, "/_ping")
    except ConnectionRefusedError:
        return False
    except OSError:
        # An error response also shows that the server is up.
        return True
    return True


@contextmanager
def musterd(
    name: str, url: str, log: Path, *options: str, program: Path = MUSTERD
) -> Iterator[Server]:
    """Serve a catalogue."""
    port = free_port()
    listen = f"tcp://127.0.0.1:{port}"
    command = [program, "serve", "--insecure", "--db", url, "--listen", listen, *options]
    with _serving(name, command, port, log) as server:
        yield server


def import_listing(url: str, listing: Path, program: Path = MUSTERD) -> float:
    """Fill a catalogue with `musterd import`; return the seconds that it took."""
    start = time.monotonic()
    subprocess.run(  # noqa: S603
        [program, "import", listing, "--db", url], check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - start


@contextmanager
def bare(kind: str, body: Path, log: Path) -> Iterator[Server]:
    """Send the octets of a file with uvicorn; *kind* as `benchmarks.bare` has it."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", kind, body, str(port)]
    name = {"starlette": "bare Starlette", "asgi": "bare ASGI"}[kind]
    with _serving(name, command, port, log, env={"PYTHONPATH": str(ROOT)}) as server:
        yield server


@contextmanager
def nginx(program: str, body: Path, folder: Path) -> Iterator[Server]:
    """Send the octets of a file with one worker of nginx."""
    port = free_port()
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, listing=LISTING, body=body))
    with _serving("nginx", [program, "-c", config], port, folder / "log") as server:
        yield server


def prism_command(program: Path, port: int | str) -> list[str | Path]:
    """Return the command that mocks the contract's document at a port."""
    document = ROOT / "openapi" / "v1.23.yaml"
    return [program, "mock", "--host", "127.0.0.1", "--port", str(port), document]


@contextmanager
def prism(program: Path, log: Path) -> Iterator[Server]:
    """Mock the contract's document; Prism returns the document's example."""
    port = free_port()
    command = prism_command(program, port)
    # It does not know the version in the path, which the document has beside its paths.
    with _serving("Prism", command, port, log, listing="/images/json") as server:
        yield server


@contextmanager
def engine(
    name: str, engine: Engine, archive: Path, folder: Path, patience: float
) -> Iterator[Server]:
    """Run a real engine with the images of an archive.

    Args:
        name: what the tables call it.
        engine: the engine, which must have been fetched.
        archive: the images.
        folder: where it keeps what it writes.
        patience: the seconds that it may take to load them.

    Raises:
        StartError: It does not start.
        TimeoutError: It does not load the archive in *patience* seconds, or takes too long to list
            the images.
    """
    begun = time.monotonic()
    with start(engine, folder) as daemon:
        started = time.monotonic() - begun
        port = int(daemon.url.rpartition(":")[2])
        server = Server(name, port, daemon.pid, started, footprint.peak(daemon.pid), LISTING)
        server.imported = _load(port, archive, patience)
        _try_out(port)
        server.stored = footprint.folder(folder / "var" / "lib")
        yield server


def _load(port: int, archive: Path, patience: float) -> float:
    """Have a daemon load an archive; return the seconds that it took."""
    start = time.monotonic()
    url = f"http://127.0.0.1:{port}/v1.23/images/load"
    curl = ["curl", "-q", "--noproxy", "*", "-sSf", "-o", os.devnull, "-X", "POST"]
    headers = ["-H", "Content-Type: application/x-tar", "-H", "Expect:"]
    done = subprocess.run(  # noqa: S603
        [*curl, *headers, "--max-time", str(patience), "-T", archive, url],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise TimeoutError(f"the archive is not loaded: {done.stderr.decode().strip()}")
    return time.monotonic() - start


def _try_out(port: int) -> None:
    """Refuse a daemon that would take hours."""
    try:
        seconds, _ = load.once(port, LISTING, patience=_PATIENCE)
    except TimeoutError:
        raise TimeoutError(f"one listing takes longer than {_PATIENCE} s") from None
    if seconds > _SLOWEST:
        raise TimeoutError(f"one listing takes {seconds:.0f} s, so nothing else is asked")


def installed(name: str) -> str | None:
    """Return where a program is; daemons need not be on every user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = {listing} {{ default_type application/json; alias {body}; }}
  }}
}}
"""
