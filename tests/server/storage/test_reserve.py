"""A full disk: writes are refused, and deletions succeed."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from musterd.errors import DatabaseAwayError, DiskFullError
from musterd.images.image import Image
from musterd.storage import catalogue
from musterd.storage.database import failure
from musterd.storage.reserve import SIZE, Reserve
from musterd.storage.store import ImageStore

COMMAND = Path(sys.executable).with_name("musterd")
TIMEOUT = 60
MakeImage = Callable[..., Image]


def test_the_reserve_takes_space_until_released(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "x.db")
    assert not reserve.is_filled
    assert not reserve.release()
    for _ in range(2):
        reserve.fill()
        assert reserve.is_filled
    file = tmp_path / "x.db-reserve"
    assert file.stat().st_blocks * 512 >= SIZE
    assert file.stat().st_mode & 0o777 == 0o600
    assert reserve.release()
    assert list(tmp_path.iterdir()) == []


def test_the_reserve_is_skipped_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", fail)
    Reserve(tmp_path / "x.db").fill()
    assert list(tmp_path.iterdir()) == []
    Reserve(tmp_path / "no" / "where.db").fill()


def test_only_writable_catalogues_have_a_reserve(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    catalogue.open_store(url).close()
    (tmp_path / "x.db-reserve").unlink()
    catalogue.open_store(url, create=False).close()
    assert not (tmp_path / "x.db-reserve").exists()
    catalogue.open_store(url).close()
    assert (tmp_path / "x.db-reserve").exists()


class Sqlite(Exception):  # as a driver raises it
    sqlite_errorname = "SQLITE_FULL"


class Postgresql(Exception):
    sqlstate = "53100"


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (Sqlite("database or disk is full"), DiskFullError),
        (Postgresql("could not extend file"), DiskFullError),
        (OSError("disk I/O error"), DatabaseAwayError),
    ],
)
def test_a_full_disk_is_distinguished_from_other_errors(
    cause: Exception, kind: type[Exception]
) -> None:
    error = failure(sa.exc.OperationalError("INSERT", {}, cause))
    assert type(error) is kind
    assert str(error) == f"the catalogue's database failed: {cause}"


class Full:
    """A transaction in which there is room from the second or third time on, or never."""

    def __init__(self, store: ImageStore, *, fails: int) -> None:
        self.store = store
        self.fails = fails

    def delete(self) -> str:
        def change(_transaction: object) -> str:
            if self.fails:
                self.fails -= 1
                raise sa.exc.OperationalError("DELETE", {}, Sqlite("full"))
            return "deleted"

        return self.store.delete(change)


@pytest.mark.parametrize(("fails", "done"), [(0, True), (1, True), (2, False)])
def test_deletions_use_the_reserve(tmp_path: Path, *, fails: int, done: bool) -> None:
    with closing(catalogue.open_store(f"sqlite:///{tmp_path}/x.db")) as store:
        full = Full(store, fails=fails)
        if done:
            assert full.delete() == "deleted"
        else:
            with pytest.raises(DiskFullError):
                full.delete()
        # The reserve is restored for the next deletion.
        assert (tmp_path / "x.db-reserve").exists()


def test_a_deletion_without_a_reserve_is_refused() -> None:
    with (
        closing(catalogue.open_store(catalogue.MEMORY)) as store,
        pytest.raises(DiskFullError),
    ):
        Full(store, fails=1).delete()


def test_images_can_be_deleted_from_a_full_disk(tmp_path: Path, make_image: MakeImage) -> None:
    """In a small file system that only this server sees."""
    big = {"big": "x" * 100_000}
    with closing(catalogue.open_store(f"sqlite:///{tmp_path}/seed.db")) as store:
        store.put([make_image(number, tags=[f"x:{number}"], labels=big) for number in range(10)])
    small = tmp_path / "small"
    small.mkdir()
    # Room for the catalogue and the reserve, and not much more.
    script = (
        f"mount -t tmpfs -o size=5m none {small} && cp {tmp_path}/seed.db {small}/x.db && "
        f"exec {COMMAND} serve --db sqlite:///{small}/x.db --listen tcp://127.0.0.1:0"
    )
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])

        def ask(method: str, target: str) -> tuple[int, bytes]:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as client:
                client.request(method, target)
                answer = client.getresponse()
                return answer.status, answer.read()

        long = "x" * 100
        statuses = []
        # Fill the remaining space with names.
        while len(statuses) < 20_000 and 507 not in statuses:
            name = f"{long}/{long}-{len(statuses)}"
            statuses.append(ask("POST", f"/images/x:1/tag?repo={name}&tag=t")[0])
        assert statuses[-1] == 507
        for number in range(2, 10):
            assert ask("DELETE", f"/images/x:{number}")[0] == 200
        assert ask("POST", "/images/x:1/tag?repo=room&tag=again")[0] == 201
        assert len(json.loads(ask("GET", "/images/json")[1])) == 2
    finally:
        process.terminate()
        _, log = process.communicate(timeout=TIMEOUT)
    assert "Traceback" not in log
    assert "database or disk is full" in log
