import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from musterd.api.reads import ReadOperations
from musterd.contract import rules
from musterd.contract.versions import NEWEST
from musterd.images.image import Image
from musterd.storage import catalogue

RULES = rules.at(NEWEST)


def labelled(count: int) -> str:
    return json.dumps({"label": [f"key-{number}" for number in range(count)]})


def test_only_a_short_question_is_answered_at_once(
    tmp_path: Path, make_image: Callable[..., Image]
) -> None:
    with closing(catalogue.open_store(f"sqlite:///{tmp_path}/images.db")) as store:
        store.put([make_image(1)])
        handlers = ReadOperations(store, hold=2**20)
        # Nothing is at hand before it was read.
        assert handlers.list_at_once("default", RULES, revision=1) is None
        handlers.image_list("default", RULES, revision=1)
        assert handlers.list_at_once("default", RULES, revision=1) is not None
        assert handlers.list_at_once("default", RULES, revision=1, filters=labelled(10)) is not None
        # Whoever asks so much must not keep the others waiting.
        assert handlers.list_at_once("default", RULES, revision=1, filters=labelled(100)) is None
