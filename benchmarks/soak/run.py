"""One run: the server, honest clients, and hostile ones after a while."""

import asyncio
import random
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.soak.connection import SoakError
from benchmarks.soak.honest import HonestClient
from benchmarks.soak.hostile import HostileClient
from benchmarks.soak.load import Load
from benchmarks.soak.server import serving
from benchmarks.soak.size import Size, require_no_growth, watch
from musterd.access.credentials import Credential, CredentialFile
from tests.server.support import hostile_archives

_CONNECTIONS = 16
_ACCOUNTS = 4
# The share of the time before the hostile clients come.
_QUIET = 0.2
# The shares of the time before the sizes count, in which caches fill and threads start, and after
# which they are late ones.
_WARM_UP = 0.4
_LATE = 0.7
# How many times longer 99 of 100 requests may take beside the hostile clients.
_SLOWER = 10
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


@dataclass(frozen=True)
class Setup:
    """How to run.

    Attributes:
        seconds: How long.
        seed: Determines what the clients choose.
        workers: How many processes the server has.
        postgresql: Whether the catalogue is in PostgreSQL, not in a file.
    """

    seconds: float
    seed: int
    workers: int
    postgresql: bool


async def soak(setup: Setup, url: str, folder: Path) -> str:
    """Do one run.

    Args:
        setup: How to run.
        url: The catalogue's database.
        folder: Where files may be left.

    Returns:
        A summary for people.

    Raises:
        SoakError: The server behaved incorrectly.
    """
    keys = CredentialFile(folder / "keys" / "credentials.json")
    credentials = [keys.add(f"account-{number}") for number in range(_ACCOUNTS)]
    async with serving(url, keys, setup.workers) as (pid, port):
        # Before the clock starts: making them takes seconds.
        archives = [hostile_archives.ARCHIVES[name]() for name in _HOSTILE]
        start = time.monotonic()
        load = Load(port, start + setup.seconds, start + setup.seconds * _QUIET)
        async with asyncio.TaskGroup() as tasks:
            for work in _clients(load, setup.seed, credentials, archives):
                tasks.create_task(work)
            sizes = tasks.create_task(_sizes(pid, setup.seconds))
        # Let the server notice disconnected clients.
        await asyncio.sleep(2)
        warm, late = sizes.result()
        before, after = require_no_growth(warm, [*late, *await watch(pid, 0)])
    alone, beside = _p99(load.alone), _p99(load.beside)
    if beside > alone * _SLOWER:
        raise SoakError(
            f"99 of 100 requests took {alone:.3f} s, and {beside:.3f} s beside hostile clients"
        )
    counts = ", ".join(f"{number} {what}" for what, number in sorted(load.done.items()))
    return (
        f"{counts}; the server had at most {before}, and late at least {after}; "
        f"99 of 100 requests took {alone:.3f} s, and {beside:.3f} s beside hostile clients"
    )


def _clients(
    load: Load, seed: int, credentials: Sequence[Credential], archives: Sequence[bytes]
) -> Iterator[Coroutine[None, None, None]]:
    # The same choices each time.
    chances = (random.Random(f"{seed} {number}") for number in count())  # noqa: S311
    for number in range(_CONNECTIONS):
        key = credentials[number % _ACCOUNTS]
        yield HonestClient(load, number, key, next(chances)).work()
    first, second = (HostileClient(load, credentials[0], next(chances)) for _ in range(2))
    yield first.work()
    yield second.work()
    yield first.guess()
    yield second.load(archives)


async def _sizes(pid: int, seconds: float) -> tuple[list[Size], list[Size]]:
    await asyncio.sleep(seconds * _WARM_UP)
    warm = await watch(pid, seconds * (_LATE - _WARM_UP))
    return warm, await watch(pid, seconds * (1 - _LATE))


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]
