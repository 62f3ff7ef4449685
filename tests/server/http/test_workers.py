import http.client
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from musterd.errors import DatabaseError, ServeError
from musterd.http import server, workers
from musterd.http.sockets import TcpAddress

COMMAND = Path(sys.executable).with_name("musterd")
PATIENCE = 20


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.set_wakeup_fd(-1) == -1


@contextmanager
def handlers_are_restored() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Notes:
    """Return the ids of all worker processes so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self) -> None:
        (self.folder / str(os.getpid())).touch()

    def found(self) -> set[int]:
        return {int(path.name) for path in self.folder.iterdir()}


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    folder = tmp_path / "notes"
    folder.mkdir()
    return Notes(folder)


def wait_for_ever() -> None:
    while True:
        time.sleep(60)


def crew(
    work: workers.Work,
    count: int = 1,
    *,
    grace: float = PATIENCE,
    orphaned: Callable[[], None] = pytest.fail,
) -> workers.Crew:
    return workers.Crew(count=count, work=work, grace=grace, orphaned=orphaned)


def run(
    count: int, work: workers.Work, ready: Callable[[], Any], *, grace: float = PATIENCE
) -> None:
    with workers.Signals() as signals:
        workers.run(crew(work, count, grace=grace), ready, signals)


def is_there(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def in_the_meantime(then: Callable[[], None]) -> Callable[[], None]:
    return threading.Thread(target=then, daemon=True).start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_requested_workers_run_until_a_signal(notes: Notes, number: signal.Signals) -> None:
    def work(ready: Callable[[], None]) -> None:
        notes.leave()
        ready()
        wait_for_ever()

    seen = []

    def ready() -> None:
        seen.append(notes.found())
        os.kill(os.getpid(), number)

    run(3, work, ready)
    [pids] = seen
    assert len(pids) == 3
    assert os.getpid() not in pids
    assert not any(map(is_there, pids))


def test_a_worker_that_exits_is_replaced(notes: Notes, capfd: pytest.CaptureFixture[str]) -> None:
    def work(ready: Callable[[], None]) -> None:
        notes.leave()
        ready()
        wait_for_ever()

    def watch() -> None:
        [first] = notes.found()
        os.kill(first, signal.SIGKILL)
        until(lambda: len(notes.found()) == 2)
        os.kill(os.getpid(), signal.SIGTERM)

    run(1, work, in_the_meantime(watch))
    assert len(notes.found()) == 2
    said = capfd.readouterr().err
    assert "has ended with status -9; another one takes its place\n" in said


def test_a_worker_that_cannot_start_reports_why(notes: Notes) -> None:
    def work(_ready: Callable[[], None]) -> None:
        notes.leave()
        raise DatabaseError("the database is gone")

    with pytest.raises(ServeError, match=r"^the database is gone$"):
        run(2, work, pytest.fail)
    assert not any(map(is_there, notes.found()))


def test_a_worker_that_exits_before_it_is_ready_is_not_restarted(
    notes: Notes,
) -> None:
    def work(_ready: Callable[[], None]) -> None:
        notes.leave()
        os._exit(3)

    with pytest.raises(ServeError, match=r"^a worker has ended before it was ready$"):
        run(1, work, pytest.fail)
    assert len(notes.found()) == 1


def test_a_failing_replacement_does_not_stop_the_other_workers(
    notes: Notes, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PAUSE", 0)

    def work(ready: Callable[[], None]) -> None:
        notes.leave()
        if len(notes.found()) == 2:
            raise DatabaseError("the database is gone")
        ready()
        wait_for_ever()

    def watch() -> None:
        [first] = notes.found()
        os.kill(first, signal.SIGKILL)
        until(lambda: len(notes.found()) == 3)
        os.kill(os.getpid(), signal.SIGTERM)

    run(1, work, in_the_meantime(watch))
    assert "musterd: a worker cannot start: the database is gone\n" in capfd.readouterr().err


def test_messages_of_a_worker_are_read_before_its_exit() -> None:
    def work(_ready: Callable[[], None]) -> None:
        os._exit(3)

    running = workers._Workers(crew(work))  # noqa: SLF001  # which of the two is noticed first is chance
    running.start()
    [(receiver, process)] = running.starting.items()
    with receiver:
        process.join()
        running._replace(process.sentinel)
        assert running.starting == {receiver: process}
        running.end()


def test_a_worker_that_ignores_the_signal_is_killed(notes: Notes) -> None:
    def work(ready: Callable[[], None]) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        notes.leave()
        ready()
        wait_for_ever()

    run(1, work, lambda: os.kill(os.getpid(), signal.SIGTERM), grace=0.2)
    assert not any(map(is_there, notes.found()))


def test_a_signal_during_startup_ends_the_workers(notes: Notes) -> None:
    def work(_ready: Callable[[], None]) -> None:
        notes.leave()
        wait_for_ever()

    def watch() -> None:
        until(notes.found)
        os.kill(os.getpid(), signal.SIGTERM)

    in_the_meantime(watch)()
    run(1, work, pytest.fail)
    assert not any(map(is_there, notes.found()))


def ends() -> tuple[Connection, Connection]:
    return multiprocessing.Pipe(duplex=False)


def test_a_worker_reports_that_it_is_ready() -> None:
    receiver, sender = ends()
    with handlers_are_restored(), receiver:
        workers._work(crew(lambda ready: ready()), sender)  # noqa: SLF001  # what runs in the process
        assert receiver.recv() is None
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_worker_reports_errors_until_it_is_ready() -> None:
    def fail(_ready: Callable[[], None]) -> None:
        raise DatabaseError("gone")

    def fail_later(ready: Callable[[], None]) -> None:
        ready()
        raise DatabaseError("gone later")

    receiver, sender = ends()
    with handlers_are_restored(), receiver:
        workers._work(crew(fail), sender)  # noqa: SLF001
        assert receiver.recv() == "gone"
    receiver, sender = ends()
    with handlers_are_restored(), receiver, pytest.raises(DatabaseError, match=r"^gone later$"):
        workers._work(crew(fail_later), sender)  # noqa: SLF001


def test_a_worker_ends_when_its_parent_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Parent:
        def join(self) -> None:
            happened.append("the parent has ended")

    happened: list[Any] = []
    monkeypatch.setattr(multiprocessing, "parent_process", Parent)
    monkeypatch.setattr(os, "kill", lambda *arguments: happened.append(arguments))
    monkeypatch.setattr(time, "sleep", happened.append)
    workers._end_with_parent(  # noqa: SLF001
        crew(pytest.fail, grace=7, orphaned=lambda: happened.append("orphaned"))
    )
    assert happened == [
        "the parent has ended",
        "orphaned",
        (os.getpid(), signal.SIGTERM),
        7,
        (os.getpid(), signal.SIGKILL),
    ]


def test_sighup_is_forwarded_to_the_workers(tmp_path: Path) -> None:
    heard = tmp_path / "heard"

    def work(ready: Callable[[], None]) -> None:
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signal.signal(signal.SIGHUP, lambda *_: heard.touch())
        ready()
        wait_for_ever()

    def watch() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            until(heard.exists)
            heard.unlink()
        os.kill(os.getpid(), signal.SIGTERM)

    run(1, work, in_the_meantime(watch))


def test_each_worker_has_its_own_application(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the code of a worker in this process."""
    events: list[Any] = []

    @contextmanager
    def application() -> Iterator[Any]:
        events.append("made")
        yield "the application"
        events.append("ended")

    def run(crew: workers.Crew, ready: Callable[[], None], _signals: Any) -> None:
        assert crew.grace > 0
        for _ in range(crew.count):
            crew.work(ready)
        crew.orphaned()

    def run_one(app: Any, listeners: Any, ready: Callable[[], None], *_: Any, **__: Any) -> None:
        events.append((app, len(listeners)))
        ready()

    monkeypatch.setattr(workers, "run", run)
    monkeypatch.setattr(server, "_run", run_one)
    announced: list[Any] = []
    server.serve_with_workers(application, [TcpAddress("127.0.0.1", 0)], announced.append, 2)
    assert events == ["made", ("the application", 1), "ended"] * 2
    assert [address.host for address in announced] == ["127.0.0.1"] * 2


@contextmanager
def serving(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [COMMAND, "serve", "--db", url, "--listen", "tcp://127.0.0.1:0", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def ask(port: int, method: str, target: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Over a new connection, which any of the workers may accept."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_write_shows_in_the_next_response_of_every_worker(shared_url: str, data: Path) -> None:
    done = subprocess.run(
        [COMMAND, "import", data / "seed.json", "--db", shared_url], check=True, timeout=60
    )
    assert done.returncode == 0
    with serving(shared_url) as (process, port):
        for number in range(20):
            assert ask(port, "POST", f"/images/playdate/tag?repo=new&tag={number}")[0] == 201
            for _ in range(6):
                _, body = ask(port, "GET", "/v1.23/images/json?filter=new")
                [image] = json.loads(body)
                assert len(image["RepoTags"]) == number + 1
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert not any(is_there(int(pid)) for pid in children)


def test_no_workers_start_without_a_usable_catalogue(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "serve", "--db", f"sqlite:///{tmp_path}/no/where.db", "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "there is no directory" in done.stderr
    assert done.stderr.count("\n") == 1
