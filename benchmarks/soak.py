"""Puts a musterd under mixed load for a while, and sees whether it stays right, and the same size.

Sixteen connections sign, load, name, remove and list images, each of them its own; so each knows
what every answer must be. After a while others send what is malformed, load archives that ask for a
great deal of work, leave halfway, or guess keys. In the end the server must have answered
everything rightly, said nothing on its log, ended cleanly, grown no more than it does anyway, and
kept nobody waiting much longer than before the others came.

Usage: python -m benchmarks.soak [--seconds 600] [--seed 0] [--workers 1] [--postgresql]
"""

import argparse
import asyncio
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

from benchmarks import footprint
from musterd.access import signature
from musterd.access.credentials import Credential, CredentialFile
from musterd.access.signature import Claim, SignedRequest
from tests.server.support import hostile_archives
from tools import postgresql as postgres

CONNECTIONS = 16
ACCOUNTS = 4
#: Images and names that a connection has at most, so that the catalogue stays of a size.
MOST = 12
#: Of the time, before the others come.
QUIET = 0.2
#: Of the time, before the server's size is first looked at: caches fill, and threads start.
WARM_UP = 0.45
#: How many times longer 99 of 100 requests may take while the others are there.
SLOWER = 10
#: MiB and descriptors that the server may grow by after that.
GROWTH_MIB = 24
GROWTH_DESCRIPTORS = 4
#: How often a second somebody guesses: the server stops explaining itself to who does more.
GUESSES = 2
#: Seconds that clients wait for an answer, and pests.
PATIENCE = 60
HASTE = 1

_SERVER_FAULT = 500
# What may come of an archive that asks for a great deal.
_REFUSALS = frozenset({200, 400, 413})
_HOSTILE = (
    "a config by many paths",
    "a layer that is named often",
    "an image with many tags",
    "images without number",
    "indexes that name each other",
    "labels",
    "pax records",
    "a layer of entries",
    "a layer of empty members of zstd",
    "zeros of gzip",
    "small files",
)
_LEAK = re.compile(rb"Traceback|site-packages|\.py\b|sqlalchemy|psycopg", re.IGNORECASE)


class Wrong(Exception):
    """The server did what it must not."""


@dataclass(frozen=True)
class Setup:
    """How to run."""

    #: Seconds.
    seconds: float
    #: Fixes what the clients choose.
    seed: int
    #: Processes of the server.
    workers: int
    #: Whether the catalogue lies in PostgreSQL, and not in a file.
    postgresql: bool


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass
class Connection:
    """One kept open to the server, as clients do."""

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, head: bytes, body: bytes = b"") -> Answer:
        """Send a request and return its answer."""
        # A server may close a connection that rests; it says so by closing.
        if self.writer is None or self.reader is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(head + body)
        async with asyncio.timeout(PATIENCE):
            return await _read_answer(self.reader)

    def close(self) -> None:
        """Leave."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    if b"transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        length = re.search(rb"content-length: ([0-9]+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
    return Answer(status, body)


@dataclass
class Soak:
    """One run."""

    port: int
    ends: float
    #: Until when the others are not there.
    quiet: float
    done: Counter[str] = field(default_factory=Counter)
    #: Seconds that requests of clients took, without the others and with them.
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    #: Makes each request another one, for a server that lets none happen twice.
    nonces: Iterator[int] = field(default_factory=count)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.ends

    def head(
        self, key: Credential, method: str, target: str, body: bytes = b"", **more: str
    ) -> bytes:
        """Return a signed request's line and headers."""
        now = datetime.now(UTC).replace(microsecond=0)
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-hyper-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-hyper-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-hyper-nonce": str(next(self.nonces)),
        }
        path, _, query = target.partition("?")
        request = SignedRequest(
            method,
            path.encode(),
            query.encode(),
            [(name.encode(), value.encode()) for name, value in headers.items()],
        )
        claim = Claim(
            access_key=key.access_key,
            date=headers["x-hyper-date"][:8],
            region="us-west-1",
            signed_headers=tuple(headers),
            signature="",
            time=now,
            content_hash=headers["x-hyper-content-sha256"],
        )
        canonical = signature.canonical_request(request, claim)
        headers["authorization"] = (
            f"{signature.ALGORITHM} Credential={key.access_key}/{claim.date}/{claim.region}/hyper/"
            f"hyper_request, SignedHeaders={';'.join(claim.signed_headers)}, "
            f"Signature={signature.signature(key.secret_key, claim, canonical)}"
        )
        headers |= {"content-length": str(len(body)), **more}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode()


class Client:
    """A connection that knows what there must be of its images."""

    def __init__(self, soak: Soak, number: int, key: Credential, chance: random.Random) -> None:
        self._soak = soak
        self._owner = f"client-{number}"
        self._key = key
        self._chance = chance
        self._connection = Connection(soak.port)
        self._serial = count()
        #: The tags of each image by its Id: all that there should be.
        self._images: dict[str, set[str]] = {}

    async def work(self) -> None:
        """Do this and that until the time is up."""
        steps = (self._load, self._tag, self._remove, self._list, self._list, self._list_by_name)
        while not self._soak.is_over:
            step = self._chance.choice(steps)
            self._soak.done[step.__name__.strip("_")] += 1
            await step()
        await self._list()
        self._connection.close()

    async def _ask(
        self, method: str, target: str, body: bytes = b"", *, expected: int = 200, **more: str
    ) -> bytes:
        head = self._soak.head(self._key, method, target, body, **more)
        start = time.monotonic()
        try:
            answer = await self._connection.ask(head, body)
        except (OSError, EOFError, TimeoutError) as error:
            raise Wrong(f"{method} {target} was not answered: {error!r}") from error
        times = self._soak.alone if start < self._soak.quiet else self._soak.beside
        times.append(time.monotonic() - start)
        if answer.status != expected:
            raise Wrong(f"{method} {target}: {answer.status} {answer.body[:300]!r}")
        return answer.body

    def _new_name(self) -> str:
        return f"soak/{self._owner}:{next(self._serial)}"

    async def _load(self) -> None:
        if len(self._images) >= MOST:
            return
        name = self._new_name()
        config = json.dumps({"author": name, "config": {"Labels": {"owner": self._owner}}}).encode()
        await self._ask("POST", "/images/load", _archive(config, name))
        self._images[f"sha256:{hashlib.sha256(config).hexdigest()}"] = {name}

    async def _tag(self) -> None:
        if not self._images:
            return
        image = self._chance.choice(list(self._images))
        names = [name for tags in self._images.values() for name in tags]
        # A new name, or one that another image loses.
        few = len(names) < MOST
        name = self._new_name() if few or not names else self._chance.choice(names)
        repository, _, tag = name.partition(":")
        query = f"repo={quote(repository, safe='')}&tag={tag}"
        await self._ask("POST", f"/images/{image}/tag?{query}", expected=201)
        for tags in self._images.values():
            tags.discard(name)
        self._images[image].add(name)

    async def _remove(self) -> None:
        if not self._images:
            return
        image = self._chance.choice(list(self._images))
        await self._ask("DELETE", f"/images/{image}?force=1")
        del self._images[image]

    async def _list(self) -> None:
        wanted = quote(json.dumps({"label": [f"owner={self._owner}"]}))
        more = self._chance.choice(("", "&all=1", "&digests=1"))
        version = self._chance.choice(("", "/v1.23", "/v1.41", "/v1.44"))
        coding = self._chance.choice(({}, {"accept-encoding": "gzip;q=0"}))
        target = f"{version}/images/json?filters={wanted}{more}"
        self._check(await self._ask("GET", target, **coding), target)

    async def _list_by_name(self) -> None:
        target = f"/v1.23/images/json?filter=soak/{self._owner}"
        body = await self._ask("GET", target)
        named = {image: tags for image, tags in self._images.items() if tags}
        self._compare(_listed(body), named, target)

    def _check(self, body: bytes, target: str) -> None:
        self._compare(_listed(body), self._images, target)

    def _compare(
        self, found: dict[str, set[str]], expected: dict[str, set[str]], target: str
    ) -> None:
        if found != expected:
            raise Wrong(f"{self._owner}: GET {target}: {found}, expected {expected}")


class Pest:
    """Sends what no client should, and leaves when it likes."""

    def __init__(self, soak: Soak, key: Credential, chance: random.Random) -> None:
        self._soak = soak
        self._key = key
        self._chance = chance

    async def work(self) -> None:
        """Be a nuisance until the time is up."""
        await self._wait_for_turn()
        steps = (self._garbage, self._bend, self._leave, self._ask_nonsense)
        while not self._soak.is_over:
            step = self._chance.choice(steps)
            self._soak.done[step.__name__.strip("_")] += 1
            await step()

    async def _garbage(self) -> None:
        await self._send(self._chance.randbytes(self._chance.randrange(1, 400)) + b"\r\n\r\n")

    async def _bend(self) -> None:
        """Change some octets of a good request, so that it is signed no more."""
        head = bytearray(self._soak.head(self._key, "GET", "/images/json?all=1"))
        for _ in range(self._chance.randrange(1, 4)):
            head[self._chance.randrange(4)] = self._chance.randrange(256)
        await self._send(bytes(head))

    async def _leave(self) -> None:
        """Promise a body, send a part of it, and go."""
        body = bytes(2 << self._chance.randrange(18))
        head = self._soak.head(self._key, "POST", "/images/load", body)
        await self._send(head + body[: len(body) // 2], wait=0)

    async def _ask_nonsense(self) -> None:
        """Ask what is signed, and nevertheless makes no sense."""
        target = self._chance.choice(
            (
                "/images/json?filters=" + "%5B" * self._chance.randrange(20_000),
                "/images/json?filters=%7B%22label%22:" + str(self._chance.random()) + "%7D",
                "/images/json?filters=" + quote(json.dumps({"dangling": ["maybe"]})),
                "/v1.99/images/json",
                "/images/" + "a" * self._chance.randrange(1, 5000) + "/json",
                "/images/json?filter=" + "%5B" * self._chance.randrange(1, 5000),
            )
        )
        method = self._chance.choice(("GET", "POST", "DELETE", "PATCH"))
        body = bytes(self._chance.choice((0, 0, 5000)))
        await self._send(self._soak.head(self._key, method, target, body) + body)

    async def load(self, archives: Sequence[bytes]) -> None:
        """Load one archive after another that asks for a great deal of work."""
        await self._wait_for_turn()
        while not self._soak.is_over:
            archive = self._chance.choice(archives)
            head = self._soak.head(self._key, "POST", "/images/load", archive)
            self._soak.done["load_hostile"] += 1
            answer = await self._send(head + archive, wait=PATIENCE)
            if answer is None or answer.status not in _REFUSALS:
                raise Wrong(f"a hostile archive was answered with {answer}")

    async def _wait_for_turn(self) -> None:
        await asyncio.sleep(max(0, self._soak.quiet - time.monotonic()))

    async def guess(self) -> None:
        """Ask with a key that nobody has, now and then."""
        await self._wait_for_turn()
        while not self._soak.is_over:
            secret = f"{self._chance.getrandbits(64)}"
            guessed = Credential(
                access_key=self._key.access_key,
                secret_key=secret,
                account="",
                created=self._key.created,
            )
            head = self._soak.head(guessed, "GET", "/images/json")
            self._soak.done["guess"] += 1
            answer = await self._send(head, wait=PATIENCE)
            if answer is None or answer.status not in {401, 429}:
                raise Wrong(f"a guess was answered with {answer}")
            await asyncio.sleep(1 / GUESSES)

    async def _send(self, data: bytes, *, wait: float = HASTE) -> Answer | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._soak.port)
        answer = None
        with suppress(OSError, EOFError):
            writer.write(data)
            if wait:
                with suppress(TimeoutError):
                    # What is half a request is waited for: longer than by this client.
                    async with asyncio.timeout(wait):
                        answer = await _read_answer(reader)
        writer.close()
        if answer is not None and (
            answer.status >= _SERVER_FAULT or _LEAK.search(answer.body[:10_000])
        ):
            raise Wrong(f"{data[:300]!r}: {answer.status} {answer.body[:300]!r}")
        return answer


def _listed(body: bytes) -> dict[str, set[str]]:
    return {
        image["Id"]: {tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"}
        for image in json.loads(body)
    }


def _archive(config: bytes, name: str) -> bytes:
    manifest = json.dumps([{"Config": "c.json", "RepoTags": [name], "Layers": []}]).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member, content in (("c.json", config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@dataclass(frozen=True)
class Size:
    """How much a process takes."""

    mib: float
    descriptors: int

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.mib:.0f} MiB, {self.descriptors} descriptors"


def _size(pid: int) -> Size:
    descriptors = sum(
        sum(1 for _ in Path(f"/proc/{each}/fd").iterdir()) for each in footprint.processes(pid)
    )
    return Size(footprint.memory(pid) / 2**20, descriptors)


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Give the URL of an empty database."""
    if not postgresql:
        yield f"sqlite:///{folder}/soak.db"
        return
    with postgres.started() as server:
        # As it should be in use: a user whom row-level security holds.
        yield server.url(user=postgres.ORDINARY)


@asynccontextmanager
async def _serving(url: str, keys: CredentialFile, workers: int) -> AsyncIterator[tuple[int, int]]:
    """Run a server; give its process and port, and see that it ends well."""
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
            raise Wrong(f"the server does not start: {process.communicate()[1]}")
        yield process.pid, int(line.rpartition(":")[2])
    finally:
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
    if log or process.returncode:
        raise Wrong(f"the server ended with status {process.returncode} and said: {log}")


async def soak(setup: Setup, url: str, folder: Path) -> str:
    """Do all of it.

    Args:
        setup: How.
        url: The catalogue's database.
        folder: Where files may be left.

    Returns:
        What there is to say about it.

    Raises:
        Wrong: Something was wrong.
    """
    keys = CredentialFile(folder / "keys" / "credentials.json")
    credentials = [keys.add(f"account-{number}") for number in range(ACCOUNTS)]
    async with _serving(url, keys, setup.workers) as (pid, port):
        archives = [hostile_archives.ARCHIVES[name]() for name in _HOSTILE]
        start = time.monotonic()
        run = Soak(port, start + setup.seconds, start + setup.seconds * QUIET)
        chances = (random.Random(f"{setup.seed} {number}") for number in count())  # noqa: S311  # repeatable
        pests = [Pest(run, credentials[0], next(chances)) for _ in range(2)]
        warm: list[Size] = []

        async def look() -> None:
            await asyncio.sleep(setup.seconds * WARM_UP)
            warm.append(_size(pid))

        async with asyncio.TaskGroup() as tasks:
            for number in range(CONNECTIONS):
                client = Client(run, number, credentials[number % ACCOUNTS], next(chances))
                tasks.create_task(client.work())
            for pest in pests:
                tasks.create_task(pest.work())
            tasks.create_task(pests[0].guess())
            tasks.create_task(pests[1].load(archives))
            tasks.create_task(look())
        # So that the server notices who has left.
        await asyncio.sleep(2)
        after = _size(pid)
        [before] = warm
        if after.mib > before.mib + GROWTH_MIB or (
            after.descriptors > before.descriptors + GROWTH_DESCRIPTORS
        ):
            raise Wrong(f"the server has grown from {before} to {after}")
    alone, beside = _p99(run.alone), _p99(run.beside)
    if beside > alone * SLOWER:
        raise Wrong(f"99 of 100 requests took {alone:.3f} s, and {beside:.3f} s beside the others")
    counts = ", ".join(f"{number} {what}" for what, number in sorted(run.done.items()))
    return (
        f"{counts}; the server had {before}, and in the end {after}; 99 of 100 requests took "
        f"{alone:.3f} s, and {beside:.3f} s beside the others"
    )


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


def main() -> int:
    """Run from the command line; status 1 if something was wrong."""
    parser = argparse.ArgumentParser(description="Put a musterd under mixed load.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    setup = Setup(**vars(parser.parse_args()))
    found: list[object] = []
    with (
        tempfile.TemporaryDirectory(prefix="muster-soak-") as name,
        _database(Path(name), postgresql=setup.postgresql) as url,
    ):
        try:
            said = asyncio.run(soak(setup, url, Path(name)))
            sys.stdout.write(f"soak: {setup.seconds:.0f} s, nothing wrong: {said}\n")
        except* Wrong as error:
            found += error.exceptions
    for each in found:
        sys.stderr.write(f"soak: {each}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
