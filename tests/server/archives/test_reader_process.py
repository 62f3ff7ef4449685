import io
import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from musterd.archives import docker_archive, reader_process
from musterd.archives.limits import Limits
from musterd.archives.reader_process import Allowance, Job, Reply
from tests.server.support.archives import CONFIG, digest, pack, saved

JOB = Job("x.tar", Limits(), 10, 2**30)


class Unlimited(Allowance):
    """Leaves the process that runs the tests alone."""

    outgrown = False

    def set(self, job: Job) -> None:
        pass

    def is_outgrown(self) -> bool:
        return self.outgrown


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Record the limits that would have been set."""
    found: dict[int, int] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, both: found.update({kind: both[0]}))
    return found


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def file_of(data: bytes) -> IO[bytes]:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        file.write(data)
    return os.fdopen(read, "rb")


def ask(
    pair: tuple[socket.socket, socket.socket], data: bytes, allowance: Allowance | None = None
) -> Reply | None:
    ours, theirs = pair
    serving = threading.Thread(target=reader_process.serve, args=(theirs, allowance or Unlimited()))
    serving.start()
    with file_of(data) as file:
        reader_process.send_job(ours, JOB, file)
    reply = reader_process.receive_reply(ours)
    ours.close()
    serving.join()
    return reply


Pair = tuple[socket.socket, socket.socket]


def test_the_reply_contains_the_images(pair: Pair) -> None:
    reply = ask(pair, pack(saved()))
    assert reply == Reply(images=docker_archive.read(io.BytesIO(pack(saved())), "x.tar"))
    assert reply.images is not None
    assert reply.images[0].id == digest(CONFIG.encode())


def test_the_reply_contains_a_refusal(pair: Pair) -> None:
    assert ask(pair, b"hello") == Reply(
        refusal="x.tar is neither an archive of `docker save` nor an OCI image layout"
    )


def test_a_name_that_is_not_unicode_can_be_reported(pair: Pair) -> None:
    reply = ask(pair, pack([("../\udcff", b"")]))
    assert reply == Reply(refusal=r"x.tar: ../\udcff lies outside the archive")


def test_an_archive_that_is_too_large_is_marked(pair: Pair) -> None:
    reply = ask(pair, pack(saved(Layers=["l/layer.tar"] * 1001)))
    assert reply is not None
    assert reply.is_too_large


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            MemoryError(),
            Reply(
                refusal="reading x.tar takes more than 1073741824 bytes of memory",
                is_too_large=True,
            ),
        ),
        (ZeroDivisionError("that"), Reply(fault="Traceback")),
    ],
)
def test_errors_are_reported_in_the_reply(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: Reply
) -> None:
    def read(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(docker_archive, "read", read)
    reply = ask(pair, b"")
    assert reply is not None
    assert (reply.refusal, reply.is_too_large) == (expected.refusal, expected.is_too_large)
    assert (reply.fault or "")[:9] == (expected.fault or "")


def test_images_that_cannot_be_encoded_are_a_fault_and_not_the_end(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_archive, "read", lambda *_: [2**64])
    reply = ask(pair, b"")
    assert reply is not None
    assert "OverflowError" in (reply.fault or "")


def test_an_outgrown_process_ends_after_its_reply(pair: Pair) -> None:
    allowance = Unlimited()
    allowance.outgrown = True
    reply = ask(pair, b"hello", allowance)
    assert reply is not None
    assert reply.is_last


def test_a_closed_connection_gives_no_reply(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    assert reader_process.receive_reply(ours) is None


def test_a_truncated_reply_is_ignored(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"\0" * 7 + b"\x05ab")
    theirs.close()
    assert reader_process.receive_reply(ours) is None


def test_the_process_ends_when_its_parent_is_gone(pair: Pair) -> None:
    ours, theirs = pair
    ended: list[int] = []
    waiting = threading.Thread(target=reader_process.end_with, args=(theirs, ended.append))
    waiting.start()
    assert not ended
    ours.close()
    waiting.join()
    assert ended == [0]


def test_the_process_may_write_no_files_and_open_few(
    limits: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)
    reader_process.confine()
    assert limits == {
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 32,
    }


def test_a_jobs_allowance_is_added_to_the_current_usage(limits: dict[int, int]) -> None:
    Allowance().set(JOB)
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert 0 <= limits[resource.RLIMIT_CPU] - 10 - used.ru_utime - used.ru_stime < 2
    assert limits[resource.RLIMIT_AS] > JOB.memory


def test_the_memory_limit_is_skipped_where_it_is_unsupported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(kind: int, _: Any) -> None:
        if kind == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(reader_process, "_STATM", Path("/nowhere"))
    allowance = Allowance()
    allowance.set(JOB)
    assert not allowance.is_outgrown()


def test_growth_is_detected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statm = tmp_path / "statm"
    statm.write_text("1000 1 1")
    monkeypatch.setattr(reader_process, "_STATM", statm)
    allowance = Allowance()
    assert not allowance.is_outgrown()
    statm.write_text("100000 1 1")
    assert allowance.is_outgrown()


def test_the_process_serves_jobs_until_its_socket_is_closed(
    pair: Pair, limits: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_process, "end_with", lambda _: None)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    ours, theirs = pair
    with file_of(b"hello") as file:
        reader_process.send_job(ours, JOB, file)
    ours.shutdown(socket.SHUT_WR)
    before = signal.getsignal(signal.SIGINT)
    try:
        reader_process.main(theirs.detach())
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    reply = reader_process.receive_reply(ours)
    assert reply is not None
    assert reply.refusal is not None
    assert resource.RLIMIT_CPU in limits
