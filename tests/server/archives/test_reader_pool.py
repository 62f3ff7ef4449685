import asyncio
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from musterd.archives import limits, reader_pool
from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Image
from tests.server.support.archives import LAYER, pack, saved
from tests.server.support.hostile_archives import slow
from tests.server.support.server_process import children, is_running, until

SMALL = pack(saved())
SLOW = slow()


async def read(pool: ReaderPool, data: bytes = SMALL) -> list[Image]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return await pool.read(file, "x.tar", Limits())


def readers() -> list[int]:
    return [
        pid
        for pid in children(os.getpid())
        if b"reader_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def gone(pids: list[int]) -> Callable[[], bool]:
    return lambda: not any(map(is_running, pids))


def test_the_images_of_an_archive_are_read() -> None:
    (image,) = asyncio.run(read(ReaderPool()))
    assert [tag.familiar for tag in image.tags] == ["a:1"]
    assert image.layers is not None


def test_a_process_is_reused_for_the_next_archive() -> None:
    pool = ReaderPool()
    asyncio.run(read(pool))
    before = readers()
    with pytest.raises(ArchiveError, match=r"^x\.tar is neither an archive"):
        asyncio.run(read(pool, b"hello"))
    asyncio.run(read(pool))
    assert readers() == before


def test_a_process_can_be_prepared_before_the_first_archive() -> None:
    before = set(readers())
    pool = ReaderPool()
    pool.prepare()
    pool.prepare()
    assert until(lambda: len(set(readers()) - before) == 1)
    ready = set(readers()) - before
    asyncio.run(read(pool))
    assert set(readers()) - before == ready
    pool.close()
    assert until(gone(list(ready)))


def test_only_one_idle_process_is_kept() -> None:
    async def both() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(read, pool)

    pool = ReaderPool()
    before = set(readers())
    asyncio.run(both())
    assert len(set(readers()) - before) == 1


def test_a_discarded_pool_leaves_no_process_behind() -> None:
    before = set(readers())
    pool = ReaderPool()
    asyncio.run(read(pool))
    (pid,) = set(readers()) - before
    del pool
    gc.collect()
    assert until(gone([pid]))


def test_a_cancelled_read_kills_its_process() -> None:
    async def give_up() -> list[int]:
        with anyio.move_on_after(1):
            await read(pool, SLOW)
        return readers()

    pool = ReaderPool()
    before = set(readers())
    assert set(asyncio.run(give_up())) <= before
    assert len(asyncio.run(read(pool))) == 1


def test_a_dead_process_is_replaced() -> None:
    pool = ReaderPool()
    before = set(readers())
    asyncio.run(read(pool))
    (pid,) = set(readers()) - before
    os.kill(pid, signal.SIGKILL)
    # Its first thread is gone before the others are, and only then does the pool know.
    ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
    assert until(lambda: os.waitid(os.P_PID, pid, ended) is not None)
    assert len(asyncio.run(read(pool))) == 1


def test_an_archive_that_crashes_its_reader_is_refused() -> None:
    async def kill() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(refused)
            assert await anyio.to_thread.run_sync(until, lambda: set(readers()) - before)
            os.kill((set(readers()) - before).pop(), signal.SIGSEGV)

    async def refused() -> None:
        with pytest.raises(ArchiveError, match=r"^x\.tar cannot be read: SIGSEGV has killed"):
            await read(pool, SLOW)

    pool = ReaderPool()
    before = set(readers())
    asyncio.run(kill())


def test_an_archive_that_needs_too_much_processor_time_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader_pool, "processor_time", lambda _: 1)
    with pytest.raises(
        ArchiveTooLargeError, match=r"^reading x\.tar takes more than 1 seconds of processor time$"
    ):
        asyncio.run(read(ReaderPool(), SLOW))


def test_an_archive_that_needs_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MEMORY", "_PER_DOCUMENT", "_PER_ENTRY"):
        monkeypatch.setattr(limits, name, 0)
    large = pack([("c.json", b'{"x":"' + b"x" * 4_000_000 + b'"}'), ("l", LAYER)])
    with pytest.raises(ArchiveTooLargeError, match=r"takes more than 0 bytes of memory$"):
        asyncio.run(read(ReaderPool(), large))


def test_a_process_that_fails_to_start_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It waits for the job, which could not be sent otherwise.
    monkeypatch.setattr(reader_pool, "_CODE", "import os; os.read(0, 1); raise SystemExit(3)")
    with pytest.raises(RuntimeError, match=r"has ended with status 3$"):
        asyncio.run(read(ReaderPool()))


def test_an_exception_in_a_process_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from musterd.archives import docker_archive, reader_process\n"
        "def read(*_): raise ZeroDivisionError('that')\n"
        "docker_archive.read = read\n"
        "reader_process.main()"
    )
    monkeypatch.setattr(reader_pool, "_CODE", code)
    with pytest.raises(RuntimeError, match=r"ZeroDivisionError: that"):
        asyncio.run(read(ReaderPool()))


def test_modules_are_not_imported_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit(4)")
    monkeypatch.chdir(tmp_path)
    assert len(asyncio.run(read(ReaderPool()))) == 1


def test_a_process_inherits_the_warning_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "warnoptions", ["error", "ignore::ImportWarning"])
    before = set(readers())
    pool = ReaderPool()
    asyncio.run(read(pool))
    (pid,) = set(readers()) - before
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    assert words[1:4] == ["-P", "-Werror", "-Wignore::ImportWarning"]
