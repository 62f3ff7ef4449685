"""Hostile clients: they send malformed requests and disconnect at any time."""

import asyncio
import json
import random
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import quote

from benchmarks.soak.connection import PATIENCE, Answer, SoakError, read_answer
from benchmarks.soak.load import Load
from musterd.access.credentials import Credential

# Guesses a second: the server stops explaining refusals to clients that guess more often.
_GUESSES = 2
# Seconds to wait for an answer to a malformed request.
_HASTE = 1
_SERVER_FAULT = 500
# The statuses with which a server may answer an archive that asks for a great deal of work.
_REFUSALS = frozenset({200, 400, 413})
_LEAK = re.compile(rb"Traceback|site-packages|\.py\b|sqlalchemy|psycopg", re.IGNORECASE)


class HostileClient:
    """Sends malformed requests, and leaves when it likes."""

    def __init__(self, load: Load, key: Credential, chance: random.Random) -> None:
        self._load = load
        self._key = key
        self._chance = chance

    async def work(self) -> None:
        """Take random steps until the time is up."""
        await self._wait_for_turn()
        steps = (self._garbage, self._bend, self._leave, self._ask_nonsense)
        while not self._load.is_over:
            step = self._chance.choice(steps)
            self._load.done[step.__name__.strip("_")] += 1
            await step()

    async def _garbage(self) -> None:
        await self._send(self._chance.randbytes(self._chance.randrange(1, 400)) + b"\r\n\r\n")

    async def _bend(self) -> None:
        """Change some bytes of a good request, so that its signature is wrong."""
        head = bytearray(self._load.head(self._key, "GET", "/images/json?all=1"))
        for _ in range(self._chance.randrange(1, 4)):
            head[self._chance.randrange(4)] = self._chance.randrange(256)
        await self._send(bytes(head))

    async def _leave(self) -> None:
        """Announce a body, send a part of it, and leave."""
        body = bytes(2 << self._chance.randrange(18))
        head = self._load.head(self._key, "POST", "/images/load", body)
        await self._send(head + body[: len(body) // 2], wait=0)

    async def _ask_nonsense(self) -> None:
        """Send a signed but invalid request."""
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
        await self._send(self._load.head(self._key, method, target, body) + body)

    async def load(self, archives: Sequence[bytes]) -> None:
        """Load one archive after another that asks for a great deal of work."""
        await self._wait_for_turn()
        while not self._load.is_over:
            archive = self._chance.choice(archives)
            head = self._load.head(self._key, "POST", "/images/load", archive)
            self._load.done["load_hostile"] += 1
            answer = await self._send(head + archive, wait=PATIENCE)
            if answer is None or answer.status not in _REFUSALS:
                raise SoakError(f"a hostile archive was answered with {answer}")

    async def _wait_for_turn(self) -> None:
        await asyncio.sleep(max(0, self._load.quiet - time.monotonic()))

    async def guess(self) -> None:
        """Ask with a wrong secret key, now and then."""
        await self._wait_for_turn()
        while not self._load.is_over:
            secret = f"{self._chance.getrandbits(64)}"
            guessed = Credential(
                access_key=self._key.access_key,
                secret_key=secret,
                account="",
                created=self._key.created,
            )
            head = self._load.head(guessed, "GET", "/images/json")
            self._load.done["guess"] += 1
            answer = await self._send(head, wait=PATIENCE)
            if answer is None or answer.status not in {401, 429}:
                raise SoakError(f"a guess was answered with {answer}")
            await asyncio.sleep(1 / _GUESSES)

    async def _send(self, data: bytes, *, wait: float = _HASTE) -> Answer | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._load.port)
        answer = None
        with suppress(OSError, EOFError):
            writer.write(data)
            if wait:
                with suppress(TimeoutError):
                    # The server waits for the rest of half a request longer than this client does.
                    async with asyncio.timeout(wait):
                        answer = await read_answer(reader)
        writer.close()
        if answer is not None and (
            answer.status >= _SERVER_FAULT or _LEAK.search(answer.body[:10_000])
        ):
            raise SoakError(f"{data[:300]!r}: {answer.status} {answer.body[:300]!r}")
        return answer
