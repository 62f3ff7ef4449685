"""A TLS proxy, for clients that require HTTPS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CERTIFICATE, KEY = "certificate.pem", "key.pem"


def make_certificate(openssl: str, folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 that is good for two days; its key is beside it."""
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / KEY, "-out", folder / CERTIFICATE),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return folder / CERTIFICATE


@contextmanager
def https(server: str, certificate: Path) -> Iterator[str]:
    """Forward every byte to the server; yield the `https://127.0.0.1:PORT` to ask instead."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name(KEY))
    target = urlsplit(server)
    loop = asyncio.new_event_loop()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            ends = await asyncio.open_connection(target.hostname, target.port)
            await asyncio.gather(_pump(reader, ends[1]), _pump(ends[0], writer))

    front = loop.run_until_complete(asyncio.start_server(carry, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{front.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(front), loop).result(timeout=20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=20)
        loop.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _end(front: asyncio.Server) -> None:
    front.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
