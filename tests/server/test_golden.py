"""What Docker 1.11.2 answered on the wire, replayed; see data/README.md."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from musterd import archive, database, import_listing
from musterd.app import create_app

Ask = Callable[..., Any]

GOLDEN = json.loads((Path(__file__).parent / "data" / "docker-1.11.2.json").read_text())
# These never get past the web server, which test_cli.py runs.
NOT_HTTP = {"raw/path/raw-space", "raw/path/no-leading-slash"}
EXCHANGES = [exchange for exchange in GOLDEN["exchanges"] if exchange["id"] not in NOT_HTTP]
# Their messages are those of Docker; that of a JSON decoder is not.
WORDED = ("Invalid filter", "invalid URL escape", "invalid semicolon", "client ")


@pytest.fixture(scope="module")
def golden_app(data: Path) -> Iterator[Any]:
    """Hold the daemon's images: from the archive, and from its listing those that were pulled."""
    store = database.open_store(database.MEMORY)
    store.put(import_listing.parse(json.dumps(GOLDEN["listing"]).encode(), "listing"))
    with (data / "fixtures.tar.xz").open("rb") as file:
        store.put(archive.read(file, "fixtures.tar.xz"))
    yield create_app(store)
    store.close()


def body_of(exchange: dict[str, Any]) -> Any:
    body = exchange["body"]
    if isinstance(body, dict) and set(body) == {"$ref"}:
        return GOLDEN["bodies"][body["$ref"]]
    return body


def as_the_seed_shows(image: dict[str, Any], *, digests: bool) -> dict[str, Any]:
    """Change an image from the daemon's shape to the one that was decided on for v1.23."""
    image = dict(image, Labels=image["Labels"] or {})
    if not image["ParentId"]:
        del image["ParentId"]
    has_tags = image["RepoTags"] not in (None, ["<none>:<none>"])
    if has_tags and not digests:
        del image["RepoDigests"]
    return image


def multiset(images: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(image, sort_keys=True) for image in images)


@pytest.mark.parametrize(
    "exchange",
    EXCHANGES,
    ids=[f"v{exchange['version']}-{exchange['id']}" for exchange in EXCHANGES],
)
def test_the_answer_is_dockers_but_for_what_was_decided_otherwise(
    golden_app: Any, ask_app: Ask, exchange: dict[str, Any]
) -> None:
    prefix = f"/v{exchange['version']}" if exchange["version"] else ""
    target = prefix + exchange["target"]
    answer = ask_app(golden_app, target, exchange["method"], exchange.get("headers"))
    expected = body_of(exchange)
    if exchange["method"] == "HEAD" and target.endswith("/_ping"):
        assert answer.status == 200
    elif isinstance(expected, list):
        digests = parse_qs(urlsplit(target).query).get("digests", ["0"])[0] in ("1", "true", "True")
        assert answer.status == 200
        assert multiset(answer.json) == multiset(
            as_the_seed_shows(image, digests=digests) for image in expected
        )
        dates = [image["Created"] for image in answer.json]
        assert dates == sorted(dates, reverse=True)
    elif exchange.get("subset"):
        assert answer.json | expected == answer.json
    elif (exchange["status"] >= 400 and exchange["status"] != 404) or "Invalid" in expected:
        assert answer.status == 400
        if expected.startswith(WORDED):
            assert answer.body.decode() == expected
    else:
        assert answer.status == exchange["status"]
        assert answer.headers.get("location") == exchange.get("location")
        if exchange["method"] != "HEAD":
            assert answer.body.decode() == expected
    if answer.status != 301 and exchange["method"] != "OPTIONS":
        assert answer.headers["content-type"] == exchange["content_type"]
