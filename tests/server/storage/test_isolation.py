"""Two accounts of one server: no request of one reaches the images of the other."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from musterd.access.authentication import Authentication
from musterd.access.credentials import Credential
from musterd.api.middleware.errors import ErrorResponses
from musterd.app import create_app
from musterd.images.image import Image
from musterd.storage import catalogue
from musterd.storage.store import ImageStore
from tests.server.support import asgi
from tests.server.support.archives import several
from tests.server.support.asgi import Answer
from tests.server.support.signing import RECORDED_AT, Key

MakeImage = Callable[..., Image]
Images = dict[str, Image]

KEYS = {name: Key(f"AK{name}", f"the secret of {name}") for name in ("red", "blue")}
DIGEST = "sha256:" + "d" * 64
# With Ids that cannot be guessed.
SECRET, CHILD, OWN = (number << 200 for number in (0xABCDEF, 0xFEDCBA, 0x123456))
LIST = "/v1.41/images/json"


class Known:
    def find(self, access_key: str) -> Credential | None:
        account = access_key.removeprefix("AK")
        if account not in KEYS:
            return None
        return Credential(
            access_key=access_key,
            secret_key=KEYS[account].secret_key,
            account=account,
            created=datetime.now(UTC),
        )


class Server:
    def __init__(self, store: ImageStore) -> None:
        self.store = store
        self.app = ErrorResponses(
            Authentication(create_app(store), Known(), store, clock=lambda: RECORDED_AT)
        )
        # Make every request unique, since replays are refused.
        self.moments = itertools.count(int(RECORDED_AT) - 800)

    def ask(self, *arguments: Any, **headers: str) -> Answer:
        return asyncio.run(self.ask_at_once(*arguments, **headers))

    async def ask_at_once(
        self, account: str, target: str, method: str = "GET", body: bytes = b"", /, **headers: str
    ) -> Answer:
        signed = KEYS[account].sign(target, method, body=body, at=next(self.moments))
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asgi.ask(self.app, target, method, headers={**more, **signed}, body=[body])

    def ids(self, account: str, target: str = LIST + "?all=1") -> list[str]:
        return sorted(image["Id"] for image in self.ask(account, target).json)


def by_id(store: ImageStore) -> Images:
    return {image.id: image for image in store.images()}


def image_of(make_image: MakeImage, number: int, **rest: Any) -> Image:
    return make_image(number >> 200, id=f"sha256:{number:064x}", **rest)


@pytest.fixture(scope="module", params=["memory", "file", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One server for all tests, as one with a history finds more ways to go wrong."""
    if request.param == "memory":
        url = catalogue.MEMORY
    elif request.param == "file":
        url = f"sqlite:///{tmp_path_factory.mktemp('isolation')}/x.db"
    else:
        postgres = request.getfixturevalue("postgres_server")
        postgres.execute("DROP SCHEMA IF EXISTS musterd CASCADE")
        url = postgres.url(user="ordinary")
    with closing(catalogue.open_store(url)) as store:
        yield Server(store)


@pytest.fixture
def reds(server: Server, make_image: MakeImage) -> Images:
    """Store the images of red, whom blue attacks; blue has one of its own."""
    for name, images in (
        (
            "red",
            [
                image_of(
                    make_image,
                    SECRET,
                    tags=["secret:1", "shared:1"],
                    digests=[f"secret@{DIGEST}"],
                    labels={"of": "red"},
                ),
                image_of(make_image, CHILD, parent=SECRET, tags=["child:1"]),
            ],
        ),
        ("blue", [image_of(make_image, OWN, tags=["own:1", "shared:1"], labels={"of": "blue"})]),
    ):
        server.store.of(name).replace(images)
    return by_id(server.store.of("red"))


def test_each_account_sees_its_own_images(server: Server, reds: Images) -> None:
    assert server.ids("red") == sorted(reds)
    assert server.ids("blue") == [f"sha256:{OWN:064x}"]


NAMES = [
    "secret:1",
    "secret",
    "child:1",
    f"secret@{DIGEST}",
    f"sha256:{SECRET:064x}",
    f"{SECRET:064x}",
    f"{SECRET:064x}"[:12],
    f"{CHILD:064x}"[:20],
]


@pytest.mark.usefixtures("reds")
@pytest.mark.parametrize("name", NAMES)
class TestImagesOfAnotherAccount:
    """The response is identical to that for a nonexistent image."""

    @staticmethod
    def same(answer: Answer, nowhere: Answer, name: str, other: str) -> None:
        expected = nowhere.body.decode().replace(other, name)
        assert (answer.status, answer.body.decode()) == (nowhere.status, expected)
        assert answer.status >= 400

    @staticmethod
    def nowhere(name: str) -> str:
        """Return an unused name of the same form."""
        return name.translate(str.maketrans("acdfs", "badce"))

    def test_images_of_another_account_cannot_be_inspected(self, server: Server, name: str) -> None:
        other = self.nowhere(name)
        answers = [server.ask("blue", f"/v1.41/images/{each}/json") for each in (name, other)]
        self.same(answers[0], answers[1], name, other)

    def test_images_of_another_account_cannot_be_tagged(
        self, server: Server, reds: Images, name: str
    ) -> None:
        other = self.nowhere(name)
        answers = [
            server.ask("blue", f"/v1.41/images/{each}/tag?repo=mine", "POST")
            for each in (name, other)
        ]
        self.same(answers[0], answers[1], name, other)
        assert by_id(server.store.of("red")) == reds

    def test_images_of_another_account_cannot_be_deleted(
        self, server: Server, reds: Images, name: str
    ) -> None:
        other = self.nowhere(name)
        answers = [
            server.ask("blue", f"/v1.41/images/{each}?force=1", "DELETE") for each in (name, other)
        ]
        self.same(answers[0], answers[1], name, other)
        assert by_id(server.store.of("red")) == reds

    @pytest.mark.parametrize("key", ["before", "since"])
    def test_images_of_another_account_cannot_bound_a_listing(
        self, server: Server, name: str, key: str
    ) -> None:
        other = self.nowhere(name)
        answers = [
            server.ask("blue", f"{LIST}?filters={quote(json.dumps({key: [each]}))}")
            for each in (name, other)
        ]
        self.same(answers[0], answers[1], name, other)

    @pytest.mark.parametrize("all_", ["", "&all=1"])
    def test_images_of_another_account_are_not_listed(
        self, server: Server, name: str, all_: str
    ) -> None:
        wanted = quote(json.dumps({"reference": [name, "*", "*/*"]}))
        assert server.ids("blue", f"{LIST}?filters={wanted}{all_}") == [f"sha256:{OWN:064x}"]
        assert server.ids("blue", f"/v1.23/images/json?filter={quote(name)}{all_}") == []


@pytest.mark.parametrize(
    "name", ["x_account", "x_forwarded_user", "musterd_account", "musterd.account", "account"]
)
def test_no_header_and_no_parameter_names_an_account(
    server: Server, reds: Images, name: str
) -> None:
    assert reds
    answer = server.ask("blue", f"{LIST}?all=1&{name}=red&account=red", **{name: "red"})
    assert [image["Id"] for image in answer.json] == [f"sha256:{OWN:064x}"]


def test_labels_do_not_match_images_of_another_account(server: Server, reds: Images) -> None:
    assert reds
    for label, count in (("of", 1), ("of=blue", 1), ("of=red", 0)):
        wanted = quote(json.dumps({"label": [label]}))
        assert len(server.ids("blue", f"{LIST}?filters={wanted}&all=1")) == count
    assert server.ask("blue", "/info").json["Images"] == 1


def test_cached_responses_are_not_shared_between_accounts(server: Server, reds: Images) -> None:
    """Both accounts have the same revision and repeat the same requests."""
    for account in ("red", "blue") * 3:
        server.store.of(account).put([])
        for target in (LIST, f"{LIST}?all=1", "/v1.23/images/json", "/images/json?digests=1"):
            found = {image["Id"] for image in server.ask(account, target).json}
            own = {image.id for image in server.store.of(account).images()}
            assert found
            assert found <= own
    assert by_id(server.store.of("red")) == reds


def test_an_entity_tag_of_another_account_does_not_match(server: Server, reds: Images) -> None:
    assert reds
    tag = server.ask("red", LIST).headers["etag"]
    assert server.ask("red", LIST, if_none_match=tag).status == 304
    answer = server.ask("blue", LIST, if_none_match=tag)
    assert answer.status == 200
    assert [image["Id"] for image in answer.json] == [f"sha256:{OWN:064x}"]


def test_a_load_does_not_affect_another_account(server: Server, reds: Images) -> None:
    """The same images with the same names are two, one in each account."""
    data = several(("base", ["secret:1"], None), ("top", ["child:1"], "base"))
    for account in ("blue", "red"):
        assert server.ask(account, "/images/load", "POST", data).status == 200
    [loaded] = [
        image for image in server.ask("blue", LIST).json if image["RepoTags"] == ["child:1"]
    ]
    for name in (f"{loaded['Id']}", "secret:1"):
        assert server.ask("blue", f"/images/{name}?force=1", "DELETE").status == 200
    after = by_id(server.store.of("red"))
    assert after[loaded["Id"]].tags[0].familiar == "child:1"
    assert reds.keys() < after.keys()
    assert server.ids("blue") == [f"sha256:{OWN:064x}"]


def test_concurrent_requests_of_two_accounts_stay_separate(
    server: Server, make_image: MakeImage
) -> None:
    async def work(number: int) -> None:
        account = ("red", "blue")[number % 2]
        store = server.store.of(account)
        for turn in range(5):
            new = make_image(number * 100 + turn, tags=[f"t{turn}:1"], labels={"of": account})
            await asyncio.to_thread(store.put, [new])
            shown = (await server.ask_at_once(account, f"{LIST}?all=1")).json
            assert {image["Labels"]["of"] for image in shown} == {account}
            assert new.id in {image["Id"] for image in shown}

    async def work_at_once() -> None:
        await asyncio.gather(*map(work, range(6)))

    for account in KEYS:
        server.store.of(account).replace([])
    asyncio.run(work_at_once())
    assert len(server.ids("red")) == len(server.ids("blue")) == 15
