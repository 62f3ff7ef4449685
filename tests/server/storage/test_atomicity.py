"""Interrupted and concurrent writes never leave a partial image."""

import contextlib
import http.client
import io
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from musterd.api.removal import remove
from musterd.archives import docker_archive
from musterd.contract.rules import at
from musterd.contract.versions import NEWEST
from musterd.errors import DatabaseError, RequestError
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.listing.lookup import ImageName
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.support import stores
from tests.server.support.archives import several
from tests.server.support.server_process import children

COMMAND = Path(sys.executable).with_name("musterd")
# On each of the stores that processes can share, so fifty in all.
KILLS = 25
LOOKS = 10
NAMES = [f"n{number}" for number in range(40)]
BEFORE = several(*((name, [f"{name}:1"], None) for name in NAMES))
# The same names move to other images, which are each other's parents.
AFTER = several(
    *((f"{name}-new", [f"{name}:1", f"{name}:2"], None) for name in NAMES),
    *((f"{name}-child", [], f"{name}-new") for name in NAMES),
)


def state(url: str) -> tuple[Image, ...]:
    with closing(catalogue.open_store(url)) as store:
        return store.images()


def images(data: bytes) -> list[Image]:
    return docker_archive.read(io.BytesIO(data), "x")


def whole(found: Sequence[Image]) -> tuple[int, int]:
    """Describe the only states that there may be: by their images and their tags."""
    return len(found), sum(len(image.tags) for image in found)


def check(found: tuple[Image, ...]) -> None:
    """Check what must hold of every listing."""
    ids = Counter(image.id for image in found)
    tags = Counter(tag for image in found for tag in image.tags)
    assert [each for each, count in (*ids.items(), *tags.items()) if count > 1] == []
    assert all(image.parent is None or image.parent in ids for image in found)
    assert all(image.config for image in found)


@contextmanager
def changing_for_ever(url: str, after: Path, before: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that puts the one and the other archive in turn, until it is killed."""
    script = (
        "import sys; from musterd import database, importing\n"
        "store = database.open_store(sys.argv[1])\n"
        "states = [importing.read(path) for path in sys.argv[2:]]\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for state in states: store.replace(state)\n"
    )
    arguments = [sys.executable, "-c", script, url, str(after), str(before)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_killed_process_leaves_the_old_or_the_new_state(shared_url: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(BEFORE)
    after.write_bytes(AFTER)
    with closing(catalogue.open_store(shared_url)) as store:
        store.put(images(BEFORE))
    allowed = {frozenset(by_id(images(BEFORE))), frozenset(by_id(images(AFTER)))}
    chance = random.Random(1)  # noqa: S311
    for _ in range(KILLS):
        with changing_for_ever(shared_url, after, before) as process:
            for _ in range(LOOKS):
                time.sleep(chance.uniform(0, 0.02))
                found = frozenset(by_id(state(shared_url)))
                assert found in allowed
            process.send_signal(signal.SIGKILL)
            process.wait()
        found = frozenset(by_id(state(shared_url)))
        assert found in allowed


def by_id(found: Sequence[Image]) -> list[tuple[str, frozenset[Reference], str | None]]:
    return [(image.id, frozenset(image.tags), image.parent) for image in found]


@contextmanager
def serving(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [COMMAND, "serve", "--db", url, "--listen", "tcp://127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


def post(port: int, data: bytes) -> None:
    # The server may be gone before it has answered.
    with (
        contextlib.suppress(OSError, http.client.HTTPException),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection,
    ):
        connection.request("POST", "/images/load", data)
        connection.getresponse().read()


def test_a_server_killed_during_a_load_can_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with closing(catalogue.open_store(url)) as store:
        store.put(images(BEFORE))
    nothing = whole(state(url))
    for delay in (0.0, 0.01, 0.03):
        with serving(url) as (process, port):
            client = threading.Thread(target=post, args=(port, AFTER))
            client.start()
            time.sleep(delay)
            for pid in (process.pid, *children(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            client.join()
        assert whole(state(url)) in (nothing, (120, 80))


def test_a_client_that_disconnects_midway_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with serving(url) as (_, port):
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.putrequest("POST", "/images/load")
            connection.putheader("Content-Length", str(len(AFTER)))
            connection.endheaders()
            connection.send(AFTER[: len(AFTER) // 2])
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/images/json?all=1")
            assert connection.getresponse().read() == b"[]\n"
    assert whole(state(url)) == (0, 0)


def change(store: ImageStore) -> None:
    with store.transaction() as transaction:
        transaction.add(images(AFTER))
        transaction.put(images(AFTER))
        for image in images(BEFORE):
            transaction.untag(image.id, image.tags[0])


def test_a_write_that_fails_midway_changes_nothing(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(images(BEFORE))
    before = stores.state(store)
    for step in ("tag", "untag", "_insert"):
        calls = iter(range(7))

        def fail(*_: object, calls: Iterator[int] = calls) -> None:
            if next(calls) == 5:
                raise DatabaseError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(f"musterd.storage.transaction.Transaction.{step}", fail)
            with pytest.raises(DatabaseError):
                change(store)
        assert stores.state(store) == before


RULES = at(NEWEST)


def load(store: ImageStore, chance: random.Random) -> None:
    with store.transaction() as transaction:
        transaction.add(images(chance.choice((BEFORE, AFTER))))


def tag(store: ImageStore, chance: random.Random) -> None:
    with store.transaction() as transaction:
        found = transaction.find(ImageName.parse(f"{chance.choice(NAMES)}:1", RULES))
        if found is not None:
            transaction.tag(found, Reference(chance.choice(NAMES), "2"))


def delete(store: ImageStore, chance: random.Random) -> None:
    found = [image.tags[0].familiar for image in store.images() if image.tags]
    for name in chance.sample(found, min(5, len(found))):
        with contextlib.suppress(RequestError), store.transaction() as transaction:
            remove(transaction, ImageName.parse(name, RULES), force=True, prune=True)


def look(store: ImageStore, _: random.Random) -> None:
    check(store.images())


def test_concurrent_writers_never_expose_partial_images(shared_url: str) -> None:
    ends = time.monotonic() + 3
    failures: list[BaseException] = []

    def repeat(work: Callable[[ImageStore, random.Random], None], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        try:
            with closing(catalogue.open_store(shared_url)) as store:
                while time.monotonic() < ends:
                    work(store, chance)
        except BaseException as error:  # noqa: BLE001  # the test tells
            failures.append(error)

    with closing(catalogue.open_store(shared_url)):
        jobs = [load, load, tag, tag, delete, look, look]
        threads = [
            threading.Thread(target=repeat, args=(job, number)) for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    check(state(shared_url))


def test_a_full_disk_leaves_the_catalogue_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    with closing(catalogue.open_store(url)) as store:
        store.put(images(BEFORE))
    before = whole(state(url))
    more = tmp_path / "more.tar"
    more.write_bytes(several(*((f"more{number}", [f"m{number}:1"], None) for number in range(900))))

    def simulate_full_disk() -> None:
        limit = path.stat().st_size + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [COMMAND, "import", more, "--db", url],
        preexec_fn=simulate_full_disk,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("musterd: the catalogue's database failed: ")
    assert done.stderr.count("\n") == 1
    assert whole(state(url)) == before
