"""Start the servers that generated clients talk to: a real dockerd, and musterd with its images."""

import contextlib
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools import engines

ROOT = Path(__file__).resolve().parent.parent
_FIXTURES = ROOT / "tests" / "interop" / "data" / "fixtures.tar.gz"
_PATIENCE = 60.0
# More than fits into 32 bits.
BIG = 4294967296123
STAGE = {"com.example.stage": "test"}
ODD = {"com.example.odd": "a=b & c d, é ключ"}


class NotReady(RuntimeError):
    """A server did not start."""


def _get(url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(  # noqa: S310  # an address made here
        url, data=body, headers={"Content-Type": "application/x-tar"} if body else {}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310  # as above
        content: bytes = answer.read()
    return content


def _layer(size: int) -> bytes:
    """Return a layer that claims any size to a daemon, although it contains only a link."""
    link = tarfile.TarInfo("link")
    link.type = tarfile.SYMTYPE
    link.linkname = "nowhere"
    link.size = size
    return link.tobuf(tarfile.GNU_FORMAT) + bytes(1024)


def archive() -> bytes:
    """Return an archive of images that the shared fixtures lack: a big one, and odd labels."""
    written = io.BytesIO()
    manifest = []
    files: dict[str, bytes] = {}
    for day, (name, size, labels) in enumerate(
        [("big", BIG, None), ("odd", 1, ODD | STAGE), ("stage", 2, STAGE), ("odd-only", 3, ODD)], 1
    ):
        layer = _layer(size)
        created = f"2018-01-{day:02}T00:00:00Z"
        digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": created,
                "config": {"Labels": labels},
                "rootfs": {"type": "layers", "diff_ids": [digest]},
                "history": [{"created": created}],
            }
        ).encode()
        config_name = f"{hashlib.sha256(config).hexdigest()}.json"
        files |= {config_name: config, f"{name}/layer.tar": layer}
        manifest.append(
            {
                "Config": config_name,
                "RepoTags": [f"test/{name}:1"],
                "Layers": [f"{name}/layer.tar"],
            }
        )
    files["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return written.getvalue()


@contextlib.contextmanager
def _running(command: list[str], log: Path, url: str) -> Iterator[str]:
    """Run a server while the context is open."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603  # ours
        try:
            end = time.monotonic() + _PATIENCE
            while True:
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    _get(f"{url}/_ping")
                    break
                if process.poll() is not None or time.monotonic() > end:
                    raise NotReady(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(_PATIENCE)


@contextlib.contextmanager
def dockerd(folder: Path) -> Iterator[str]:
    """Run a Docker daemon with the fixtures on loopback; yield its address."""
    # A short folder name: it becomes part of the paths of sockets, which must be short.
    with engines.start(engines.find("docker-20.10"), folder / "d") as daemon:
        for content in (gzip.decompress(_FIXTURES.read_bytes()), archive()):
            daemon.load(content)
        yield daemon.url.replace("tcp", "http", 1)


@contextlib.contextmanager
def musterd(folder: Path, peer: str) -> Iterator[str]:
    """Run musterd with the images of another server, and digests; yield its address."""
    program = Path(sys.executable).parent / "musterd"
    images = json.loads(_get(f"{peer}/v1.23/images/json?all=1"))
    for image in images:
        repositories = {tag.rpartition(":")[0] for tag in image["RepoTags"] or []}
        if any(name.startswith("test/") for name in repositories):
            image["RepoDigests"] = [f"{name}@{image['Id']}" for name in sorted(repositories)]
    listing = folder / "listing.json"
    listing.write_text(json.dumps(images), encoding="utf-8")
    database = f"sqlite:///{folder}/musterd.db"
    subprocess.run([program, "import", "--db", database, listing], check=True)  # noqa: S603  # ours
    url = f"http://127.0.0.1:{engines.free_port()}"
    command = [str(program), "serve", "--db", database, "--listen", url.replace("http", "tcp", 1)]
    with _running(command, folder / "musterd.log", url):
        yield url
