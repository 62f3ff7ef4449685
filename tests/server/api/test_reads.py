import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from musterd.api.reads import ReadOperations
from musterd.contract import rules
from musterd.contract.versions import NEWEST
from musterd.images.image import Image
from musterd.storage import catalogue

RULES = rules.at(NEWEST)


@pytest.fixture
def reads(tmp_path: Path, make_image: Callable[..., Image]) -> Iterator[ReadOperations]:
    with closing(catalogue.open_store(f"sqlite:///{tmp_path}/images.db")) as store:
        store.put([make_image(1, tags=["a:1"]), make_image(2, labels={"k": "v"})])
        yield ReadOperations(store, hold=2**20)


def test_only_short_queries_are_answered_inline(reads: ReadOperations) -> None:
    def at_once(labels: int) -> bool:
        conditions = {"label": [f"key-{number}" for number in range(labels)]} if labels else {}
        query = reads.read_query(RULES, {"filters": json.dumps(conditions)})
        return reads.list_if_cheap("default", RULES, query, 1) is not None

    # Nothing is cached before the first read.
    assert not at_once(0)
    reads.list_images("default", RULES, reads.read_query(RULES, {}), 1)
    assert at_once(0)
    assert at_once(10)
    # Such a long query must not delay other requests.
    assert not at_once(100)


def test_every_parameter_reaches_the_query(reads: ReadOperations) -> None:
    def listed(**parameters: str) -> list[str]:
        response = reads.image_list(account="default", rules=RULES, **parameters)
        sent = []

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(response({}, None, send))  # type: ignore[arg-type]
        return [
            image["Id"][-1] for image in json.loads(b"".join(each["body"] for each in sent[1:]))
        ]

    assert listed() == ["2", "1"]
    assert listed(filter_="a:*") == ["1"]
    assert listed(filters='{"label":["k=v"]}', all_="1", digests="1", shared_size="1") == ["2"]
    assert listed(identity="1", manifests="1") == ["2", "1"]


def test_get_and_head_answer_a_ping_alike(reads: ReadOperations) -> None:
    assert reads.ping().body == reads.ping_head().body == b"OK"
