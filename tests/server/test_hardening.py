"""What every answer has, and what none has, whatever is asked and whatever breaks."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from musterd import database, schema
from musterd.app import create_app
from musterd.guarding import guarded
from musterd.protection import ConnectionLimits, Protection
from musterd.store import SqlImageStore

from . import asgi
from .asgi import Answer

# Of what only those who run the server should see.
INSIDE = re.compile(
    rb"Traceback|Error|/site-packages|/work|\\.py\\b|musterd\\.|sqlalchemy|SELECT|line \\d+",
    re.IGNORECASE,
)
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def store() -> Iterator[SqlImageStore]:
    with closing(database.open_store(database.MEMORY)) as opened:
        yield opened


@pytest.fixture(scope="module")
def ask(store: SqlImageStore) -> Ask:
    app = guarded(create_app(store), store, Protection(connections=ConnectionLimits()))
    return lambda *args, **options: asyncio.run(asgi.ask(app, *args, **options))


REQUESTS: list[tuple[str, str, Any]] = [
    ("/images/json", "GET", {}),
    ("/v1.23/images/json?all=1", "GET", {}),
    ("/images/json?filters=[", "GET", {}),
    ("/v1.23/images/json?filters=%7B%22x%22:1%7D", "GET", {}),
    ("/images/json?filters=" + "%5B" * 30_000, "GET", {}),
    ("/images/nosuch/json", "GET", {}),
    ("/images/" + "a" * 10_000 + "/json", "GET", {}),
    ("/images/%00%ff/json", "GET", {}),
    ("/images/load", "POST", {"body": [b"no archive"]}),
    ("/images/load", "POST", {"body": []}),
    ("/images/a/tag?repo=%00", "POST", {}),
    ("/images/a", "DELETE", {}),
    ("/nosuch", "GET", {}),
    ("//images//json", "GET", {}),
    ("/%zz", "GET", {}),
    ("*", "OPTIONS", {}),
    ("/images/json", "PATCH", {}),
    ("/v9.9/images/json", "GET", {}),
    ("/_ping", "GET", {}),
    ("/images/json", "GET", {"headers": {"Origin": "http://evil.example"}}),
]


@pytest.mark.parametrize(("target", "method", "options"), REQUESTS)
def test_every_answer_tells_browsers_to_do_nothing_with_it(
    ask: Ask, target: str, method: str, options: Any
) -> None:
    answer = ask(target, method, **options)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not any(name.startswith("access-control-") for name in answer.headers)
    assert not INSIDE.search(answer.body.replace(b"musterd.sock", b""))
    assert answer.status < 500


def test_what_breaks_inside_is_told_to_nobody(ask: Ask, store: SqlImageStore) -> None:
    with store._database.writing.begin() as connection:  # noqa: SLF001
        for table in (schema.reference, schema.image, schema.account):
            connection.execute(sa.schema.DropTable(table, if_exists=True))
    for target, method in (
        ("/v1.41/images/json?all=1&digests=1", "GET"),
        ("/v1.23/images/json?all=1&digests=1", "GET"),
        ("/v1.41/images/a/json", "GET"),
        ("/v1.41/images/a/tag?repo=b", "POST"),
        ("/v1.41/images/a", "DELETE"),
        ("/info", "GET"),
    ):
        answer = ask(target, method)
        assert answer.status == 500
        assert b"internal error; the server's log says more" in answer.body
        assert not INSIDE.search(answer.body.replace(b"internal error", b""))
