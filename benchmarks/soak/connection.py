"""A connection to the server under load."""

import asyncio
import re
from dataclasses import dataclass

# Seconds that honest clients wait for an answer.
PATIENCE = 60


class SoakError(Exception):
    """The server behaved incorrectly."""


@dataclass
class Answer:
    """A response.

    Attributes:
        status: The HTTP status.
        body: The body, decoded from chunks.
    """

    status: int
    body: bytes


@dataclass
class Connection:
    """A connection that is kept open, as clients do."""

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, head: bytes, body: bytes = b"") -> Answer:
        """Send a request and return its answer."""
        # A server may close an idle connection.
        if self.writer is None or self.reader is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(head + body)
        async with asyncio.timeout(PATIENCE):
            return await read_answer(self.reader)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one response."""
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
