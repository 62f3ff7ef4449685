import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from musterd.api.events import image_events
from musterd.api.events.filters import EventConditions
from musterd.api.events.stream import EventStream, encoded
from musterd.app import create_app
from musterd.contract.rules import V1_24, V1_42, V1_52
from musterd.errors import BadRequestError
from musterd.http.protocol import STOPPING
from musterd.images.event import Event
from musterd.images.image import Image
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from musterd.storage.transaction import MOST_EVENTS
from tests.server.support.archives import id_of, several

MakeImage = Callable[..., Image]
Ask = Callable[..., Any]
TAGGED = Event("tag", "sha256:1", {"name": "user/a:1", "k": "v"}, 2_000_000_005)


def conditions(since: str = "", until: str = "", **filters: Any) -> EventConditions:
    return EventConditions.parse(since, until, json.dumps(filters), V1_42)


class TestForm:
    def test_legacy_fields_are_present_up_to_1_51(self) -> None:
        shown = json.loads(encoded(TAGGED, V1_24))
        assert shown == {
            "status": "tag",
            "id": "sha256:1",
            "Type": "image",
            "Action": "tag",
            "Actor": {"ID": "sha256:1", "Attributes": {"k": "v", "name": "user/a:1"}},
            "scope": "local",
            "time": 2,
            "timeNano": 2_000_000_005,
        }
        del shown["status"], shown["id"]
        assert json.loads(encoded(TAGGED, V1_52)) == shown

    def test_a_prune_event_has_no_id(self) -> None:
        line = encoded(image_events.pruned(7), V1_24)
        assert line.endswith(b"}\n")
        shown = json.loads(line)
        assert "id" not in shown
        assert shown["Actor"] == {"ID": "", "Attributes": {"reclaimed": "7"}}


class TestConditions:
    @pytest.mark.parametrize(
        "filters",
        [
            {},
            {"type": ["image"], "event": ["tag", "pull"], "scope": ["local"]},
            {"image": ["sha256:1"]},
            {"image": ["user/a:1"]},
            {"image": ["user/a"]},
            {"label": ["k=v", "name"]},
            {"daemon": ["user"]},
            {"container": []},
            {"muster": ["x"]},
        ],
    )
    def test_matching_events_are_admitted(self, filters: Any) -> None:
        assert conditions(**filters).admit(TAGGED)

    @pytest.mark.parametrize(
        "filters",
        [
            {"type": ["container"]},
            {"event": ["untag"]},
            {"scope": ["swarm"]},
            {"image": ["user/b"]},
            {"label": ["k=w"]},
            {"container": ["x"]},
        ],
    )
    def test_other_events_are_rejected(self, filters: Any) -> None:
        assert not conditions(**filters).admit(TAGGED)

    def test_an_invalid_name_is_compared_verbatim(self) -> None:
        event = Event("load", "A B", {}, 1)
        assert conditions(image=["A B"]).admit(event)

    def test_since_and_until_bound_the_events(self) -> None:
        assert not conditions().is_past(TAGGED)
        assert conditions("2.000000005").is_past(TAGGED)
        assert not conditions("2.000000006").is_past(TAGGED)
        assert conditions(until="3").is_past(TAGGED)
        assert conditions(until="2.000000005").admit(TAGGED)
        assert not conditions(until="2").admit(TAGGED)

    @pytest.mark.parametrize(
        ("since", "until", "message"),
        [
            ("x", "", 'strconv.ParseInt: parsing "x": invalid syntax'),
            ("", "9" * 20, f'strconv.ParseInt: parsing "{"9" * 20}": value out of range'),
            ("", "1.x", 'strconv.ParseInt: parsing "1.x": invalid syntax'),
            ("5", "2", "`since` time (5) cannot be after `until` time (2)"),
        ],
    )
    def test_invalid_parameters_are_refused(self, since: str, until: str, message: str) -> None:
        with pytest.raises(BadRequestError) as caught:
            conditions(since, until)
        assert str(caught.value) == message


@pytest.fixture
def store() -> Iterator[ImageStore]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as opened:
        yield opened


def stored(store: ImageStore, after: int = 0) -> list[Event]:
    with store.snapshot() as snapshot:
        return [event for _, event in snapshot.events(after)]


def test_every_change_records_an_event(store: ImageStore, ask_app: Ask) -> None:
    app = create_app(store)

    def ask(method: str, target: str, **options: Any) -> None:
        assert ask_app(app, target, method, **options).status < 300

    ask("POST", "/images/load", body=[several(("x", ["x:1"], None), ("y", ["y:1"], None))])
    ask("POST", "/images/x:1/tag?repo=y&tag=1")
    ask("DELETE", "/images/x:1")
    ask("DELETE", "/images/y:1")
    ask("POST", "/images/prune")
    x, y = id_of("x"), id_of("y")
    listed = ask_app(app, "/v1.41/events?since=1&until=9999999999", leaves=True)
    assert listed.headers["content-type"] == "application/json"
    assert "content-length" not in listed.headers
    told = ask_app(app, f"/v1.41/events?until={time.time()}").body.splitlines()
    shown = [
        (each["Action"], each["Actor"]["ID"], each["Actor"]["Attributes"])
        for each in map(json.loads, told)
    ]
    assert shown == [
        ("load", x, {"name": x}),
        ("load", y, {"name": y}),
        ("tag", x, {"name": "y:1"}),
        ("untag", x, {"name": x}),
        ("untag", x, {"name": x}),
        ("delete", x, {"name": x}),
        ("delete", y, {"name": y}),
        ("prune", "", {"reclaimed": "0"}),
    ]


def test_digests_that_go_with_the_last_tag_have_no_events(
    store: ImageStore, make_image: MakeImage, ask_app: Ask
) -> None:
    """Like Docker 20.10.24 and 28.5.2 (``daemon/images/image_delete.go:ImageDelete``)."""
    digest = f"a@sha256:{'a' * 64}"
    app = create_app(store)
    for name, removed in (("a:1", ["a:1", digest]), ("", ["a:1", digest])):
        image = make_image(1, tags=["a:1"], digests=[digest])
        store.put([image])
        answer = ask_app(app, f"/images/{name or image.id}", "DELETE")
        assert [each["Untagged"] for each in answer.json if "Untagged" in each] == removed
    actions = [event.action for event in stored(store)]
    assert actions == ["untag", "delete", "untag", "untag", "delete"]


def test_labels_are_included_in_the_attributes(
    store: ImageStore, make_image: MakeImage, ask_app: Ask
) -> None:
    image = make_image(1, tags=["a:1"], labels={"k": "v"})
    store.put([image])
    app = create_app(store)
    ask_app(app, "/images/a:1/tag?repo=b", "POST")
    ask_app(app, "/images/a:1", "DELETE")
    assert [dict(event.attributes) for event in stored(store)] == [
        {"k": "v", "name": "b:latest"},
        {"k": "v", "name": image.id},
    ]


def test_very_large_labels_are_omitted() -> None:
    def attributes(size: int) -> int:
        event = image_events.about("load", "sha256:1", {"k": "v" * size})
        return len(event.attributes)

    assert attributes(image_events.MOST_LABELS - 1) == 2
    assert attributes(image_events.MOST_LABELS) == 1


def test_an_account_keeps_its_latest_events(store: ImageStore) -> None:
    for number in range(MOST_EVENTS + 2):
        with store.transaction() as transaction:
            transaction.record(Event("load", str(number), {}, number))
    kept = [event.actor for event in stored(store)]
    assert kept == [str(number) for number in range(2, MOST_EVENTS + 2)]
    assert stored(store.of("other")) == []


async def never() -> Any:
    await asyncio.Event().wait()


def follow(
    store: ImageStore, told: EventConditions, receive: Any = never, **extensions: Any
) -> list[Any]:
    """Follow events to their end, while another one happens."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def revision() -> int:
        return store.revision()

    async def run() -> None:
        stream = EventStream(store, revision, told, V1_42, [])
        await stream({"extensions": extensions}, receive, send)  # type: ignore[arg-type]

    asyncio.run(run())
    return sent


def test_new_events_are_sent_until_the_end(store: ImageStore) -> None:
    with store.transaction() as transaction:
        transaction.record(image_events.about("load", "sha256:1"))
        transaction.record(image_events.about("tag", "sha256:1"))
    sent = follow(store, conditions(until=str(time.time() + 0.5), event=["load"]))
    start, first, second, end = sent
    assert start["type"] == "http.response.start"
    # The headers go out before anything happens.
    assert (first["body"], first["more_body"]) == (b"", True)
    assert json.loads(second["body"])["Action"] == "load"
    assert end == {"type": "http.response.body", "body": b""}


def test_a_stream_ends_when_the_server_stops(store: ImageStore) -> None:
    sent = follow(store, conditions(), **{STOPPING: lambda: True})
    assert sent[-1] == {"type": "http.response.body", "body": b""}


def test_rejected_events_are_not_sent(store: ImageStore) -> None:
    with store.transaction() as transaction:
        transaction.record(image_events.about("load", "sha256:1"))
    sent = follow(store, conditions(until=str(time.time() + 0.2), event=["pull"]))
    assert [message.get("body") for message in sent] == [None, b"", b""]


def test_a_client_that_leaves_ends_the_response(store: ImageStore) -> None:
    left = threading.Event()

    async def leaves() -> Any:
        left.set()
        return {"type": "http.disconnect"}

    sent = follow(store, conditions(), leaves)
    assert left.is_set()
    assert sent[0]["type"] == "http.response.start"
    assert sent[-1].get("more_body", True)
