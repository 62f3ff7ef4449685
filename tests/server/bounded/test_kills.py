"""Workers killed while writing: acknowledged writes survive."""

import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.server.support.archives import several
from tests.server.support.server_process import ServerProcess, children, parent_of, running, until

KILLS = 12
CLIENTS = 3


class Client(threading.Thread):
    """Gives an image one name after the other, and notes those that were acknowledged."""

    def __init__(self, server: ServerProcess, number: int) -> None:
        super().__init__()
        self.server = server
        self.number = number
        self.acknowledged: set[str] = set()
        self.may_go_on = True

    def run(self) -> None:
        for count in itertools.count():
            if not self.may_go_on:
                return
            tag = f"{self.number}-{count}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.server.request("POST", f"/images/x:1/tag?repo=x&tag={tag}").status == 201:
                    self.acknowledged.add(tag)


def workers(server: ServerProcess) -> list[int]:
    return [pid for pid in children(server.pid) if parent_of(pid) == server.pid]


@pytest.mark.parametrize("everything", [False, True], ids=["a worker", "everything"])
def test_acknowledged_writes_survive_kills(tmp_path: Path, *, everything: bool) -> None:
    chance = random.Random(1)  # noqa: S311
    acknowledged: set[str] = set()
    # All at once can be killed only once before it must be started again.
    for _ in range(3 if everything else 1):
        with running(tmp_path, "--workers", "2") as server:
            if not acknowledged:
                assert server.load(several(("x", ["x:1"], None))).status == 200
            clients = [Client(server, len(acknowledged) * 10 + n) for n in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(0.5)
            for _ in range(1 if everything else KILLS):
                time.sleep(chance.uniform(0, 0.3))
                family = [server.pid, *children(server.pid)]
                assert until(lambda: workers(server), 30)
                for pid in family if everything else [chance.choice(workers(server))]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            for client in clients:
                client.may_go_on = False
            for client in clients:
                client.join()
                acknowledged |= client.acknowledged
    assert len(acknowledged) > CLIENTS
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with running(tmp_path) as server:
        [image] = json.loads(server.request("GET", "/images/json").body)
    assert {f"x:{tag}" for tag in acknowledged} <= set(image["RepoTags"])
