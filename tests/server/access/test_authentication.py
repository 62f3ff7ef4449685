"""Accepted and refused requests, and the messages of refusals."""

import asyncio
import hashlib
import io
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from musterd.access import signature
from musterd.access.authentication import Authentication
from musterd.access.credentials import Credential
from musterd.access.policy import SignaturePolicy
from musterd.api.middleware.errors import ErrorResponses
from musterd.app import create_app
from musterd.archives import docker_archive
from musterd.errors import CredentialsError
from musterd.images.image import Image
from musterd.settings import ServerSettings
from musterd.storage import catalogue, schema
from musterd.storage.store import ImageStore
from tests.server.support import asgi
from tests.server.support.archives import several
from tests.server.support.asgi import Answer
from tests.server.support.signing import RECORDED, RECORDED_AT, Key

MakeImage = Callable[..., Image]

RED, BLUE = Key(), Key("AKBLUE", "another secret")
GUESSED = Key(RED.access_key, "guessed")
# Verified requests may have any host.
ANY_HOST = ServerSettings(host_names=None)
LIST = "/v1.41/images/json"
FORBIDDEN, UNKNOWN, TOO_MANY = 403, 401, 429


@dataclass
class Keys:
    known: dict[str, Credential] = field(
        default_factory=lambda: {
            key.access_key: Credential(
                access_key=key.access_key,
                secret_key=key.secret_key,
                account=account,
                created=datetime.now(UTC),
            )
            for key, account in ((RED, "red"), (BLUE, "blue"))
        }
    )

    def find(self, access_key: str) -> Credential | None:
        return self.known.get(access_key)


class Server:
    """An application behind authentication, with a clock that the test sets."""

    def __init__(self, store: ImageStore, app: Any = None, **rules: Any) -> None:
        self.store = store
        self.keys = Keys()
        self.now = RECORDED_AT
        self.inner = app or create_app(store, settings=ANY_HOST)
        self.app = ErrorResponses(
            Authentication(
                self.inner,
                self.keys,
                store,
                SignaturePolicy(**rules),
                clock=lambda: self.now,
                ticks=lambda: 0,
            )
        )

    def ask(self, *arguments: Any, **options: Any) -> Answer:
        return asyncio.run(asgi.ask(self.app, *arguments, **options))

    def signed(
        self, target: str, method: str = "GET", *, key: Key = RED, body: bytes = b"", **more: Any
    ) -> Answer:
        headers = key.sign(target, method, body=body, **{"at": self.now, **more})
        return self.ask(target, method, headers=headers, body=[body])


@pytest.fixture
def server(store: ImageStore) -> Server:
    return Server(store)


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Server]:
    with closing(catalogue.open_store(catalogue.MEMORY)) as store:
        yield Server(store)


@pytest.fixture
def light(in_memory: Server) -> Server:
    """Return a server with an in-memory store, for tests that do not depend on it."""
    with in_memory.store._database.write_engine.begin() as connection:  # noqa: SLF001
        for table in (schema.used_signature, schema.image, schema.account):
            connection.execute(sa.delete(table))
    return Server(in_memory.store, in_memory.inner)


def message(answer: Answer) -> str:
    text: str = answer.json["message"]
    return text


class TestSignedRequests:
    @pytest.mark.parametrize("recorded", RECORDED["requests"], ids=lambda each: each["name"])
    def test_every_recorded_request_is_accepted(
        self, light: Server, recorded: dict[str, Any]
    ) -> None:
        server = Server(light.store, light.inner, region=recorded["region"])
        answer = server.ask(
            recorded["target"],
            recorded["method"],
            headers=dict(recorded["headers"]),
            body=[recorded["body"].encode()],
        )
        # One of them pulls; the server accepts the signature, but may not ask that registry.
        accepted = answer.status not in {UNKNOWN, FORBIDDEN, TOO_MANY}
        assert accepted or b"start it with --registry" in answer.body
        if recorded["target"].startswith("/v1.23/images/json") and ";" not in recorded["target"]:
            expected = 404 if recorded["target"].endswith("/") else 200
            assert answer.status == expected

    def test_a_key_gives_access_to_the_images_of_its_account(
        self, server: Server, make_image: MakeImage
    ) -> None:
        server.store.of("red").put([make_image(1, tags=["a:1"])])
        server.store.put([make_image(3, tags=["default:1"])])
        [image] = server.signed(LIST).json
        assert image["RepoTags"] == ["a:1"]
        assert server.signed(LIST, key=BLUE).json == []
        data = several(("x", ["x:1"], None))
        assert server.signed("/images/load", "POST", key=BLUE, body=data).status == 200
        assert server.signed("/images/x:1/tag?repo=y&tag=2", "POST", key=BLUE).status == 201
        [image] = server.signed(LIST, key=BLUE).json
        assert sorted(image["RepoTags"]) == ["x:1", "y:2"]
        assert server.signed("/images/y:2", "DELETE", key=BLUE).status == 200
        assert server.signed("/info", key=BLUE).json["Images"] == 1
        assert server.store.images()[0].tags[0].familiar == "default:1"

    def test_a_clock_skew_of_15_minutes_is_accepted(self, light: Server) -> None:
        for offset in (-900, 900):
            assert light.signed(LIST, at=light.now + offset).status == 200

    def test_a_signed_body_may_arrive_in_chunks(self, light: Server) -> None:
        data = several(("x", ["x:1"], None))
        pieces = [data[start : start + 700] for start in range(0, len(data), 700)]
        headers = RED.sign("/images/load", "POST", body=data)
        assert light.ask("/images/load", "POST", headers=headers, body=pieces).status == 200
        assert len(light.store.of("red").images()) == 1

    def test_a_body_larger_than_the_read_ahead_is_accepted(self, light: Server) -> None:
        data = several(("x", ["x:1"], None)) + bytes(3 * 2**20)
        pieces = [data[start : start + 2**19] for start in range(0, len(data), 2**19)]
        headers = RED.sign("/images/load", "POST", body=data)
        assert light.ask("/images/load", "POST", headers=headers, body=pieces).status == 200

    def test_additional_headers_may_be_signed(self, light: Server) -> None:
        assert light.signed(LIST, headers={"accept": "*/*", "x-hyper-new": "1"}).status == 200


class TestUnsignedRequests:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "NONSENSE"])
    @pytest.mark.parametrize(
        "target",
        ["/images/json", "/v1.23/images/json?all=1", "/images/a/json", "/", "*", "//_ping", "/x"],
    )
    def test_unsigned_requests_get_the_same_refusal_for_every_path(
        self, light: Server, method: str, target: str
    ) -> None:
        answer = light.ask(target, method)
        assert answer.status == UNKNOWN
        assert answer.headers["www-authenticate"] == "HYPER-HMAC-SHA256"
        assert b"not signed" in answer.body

    def test_ping_needs_no_signature(self, light: Server) -> None:
        for target in ("/_ping", "/v1.23/_ping"):
            for method in ("GET", "HEAD"):
                assert light.ask(target, method).status == 200
            assert light.ask(target, "POST").status == UNKNOWN

    def test_the_refusal_has_the_error_format_of_the_api_version(self, light: Server) -> None:
        old, new = light.ask("/v1.23/images/json"), light.ask("/v1.24/images/json")
        assert old.headers["content-type"].startswith("text/plain")
        assert old.body.endswith(b"; sign it with HYPER-HMAC-SHA256\n")
        assert new.headers["content-type"] == "application/json"
        assert message(new) == old.body.decode().strip()


class TestRefusedRequests:
    def test_an_unknown_access_key_is_refused(self, light: Server) -> None:
        answer = light.signed(LIST, key=Key("AKNOBODY"))
        assert answer.status == UNKNOWN
        assert message(answer) == "the access key AKNOBODY is not known here"

    def test_a_revoked_key_is_refused(self, light: Server) -> None:
        assert light.signed(LIST).status == 200
        del light.keys.known[RED.access_key]
        assert light.signed(LIST).status == UNKNOWN

    def test_a_wrong_secret_is_refused_with_the_canonical_request(self, light: Server) -> None:
        answer = light.signed(LIST, key=GUESSED)
        assert answer.status == UNKNOWN
        canonical = (
            f"GET\nv1.41/images/json\n\ncontent-type:application/json\nhost:127.0.0.1:2376\n"
            f"x-hyper-content-sha256:{hashlib.sha256(b'').hexdigest()}\n"
            "x-hyper-date:20260102T030405Z\n\n"
            "content-type;host;x-hyper-content-sha256;x-hyper-date\n"
            f"{hashlib.sha256(b'').hexdigest()}"
        )
        assert message(answer).startswith("the signature is wrong: check the secret key; ")
        assert message(answer).endswith(hashlib.sha256(canonical.encode()).hexdigest())

    @pytest.mark.parametrize(("offset", "kind"), [(-901, "has expired"), (901, "is not valid yet")])
    def test_a_signature_outside_the_time_window_is_refused(
        self, light: Server, offset: int, kind: str
    ) -> None:
        answer = light.signed(LIST, at=light.now + offset)
        assert answer.status == FORBIDDEN
        assert message(answer) == (
            f"the signature {kind}: X-Hyper-Date may be 900 s from the server's clock, which shows "
            "20260102T030405Z"
        )

    def test_a_signature_for_another_region_is_refused(self, light: Server) -> None:
        answer = light.signed(LIST, key=Key(region="eu-central-1"))
        assert answer.status == FORBIDDEN
        assert message(answer) == (
            "the request is signed for the region 'eu-central-1'; this server is in 'us-west-1'"
        )

    def test_the_server_time_is_hidden_from_clients_without_a_valid_key(
        self, light: Server
    ) -> None:
        answer = light.signed(LIST, key=GUESSED, at=0)
        assert answer.status == UNKNOWN
        assert "clock" not in message(answer)

    def test_a_signature_is_valid_only_for_its_method_and_target(self, light: Server) -> None:
        headers = RED.sign(LIST)
        for target, method in ((LIST + "?all=1", "GET"), (LIST, "HEAD"), ("/images/json", "GET")):
            assert light.ask(target, method, headers=headers).status == UNKNOWN

    @pytest.mark.parametrize("query", ["?all=1;x=2", "?%zz", "?filters=%"])
    def test_query_parts_that_go_ignores_are_refused(self, light: Server, query: str) -> None:
        """Go clients drop query parts that they cannot parse, so such queries are refused."""
        answer = light.ask(LIST + query, headers=RED.sign(LIST))
        assert answer.status == 400

    @pytest.mark.parametrize("name", ["authorization", "Authorization"])
    def test_a_second_authorization_header_is_refused(self, light: Server, name: str) -> None:
        headers = RED.sign(LIST)
        pairs = {**headers, name.swapcase(): headers["authorization"]}
        assert light.ask(LIST, headers=pairs).status == UNKNOWN

    def test_a_changed_body_is_refused(self, server: Server) -> None:
        data = several(("x", ["x:1"], None))
        for other in (data[:-1], data + b"x", b"", several(("y", ["y:1"], None))):
            headers = RED.sign("/images/load", "POST", body=data)
            answer = server.ask("/images/load", "POST", headers=headers, body=[other])
            assert answer.status == FORBIDDEN
            assert message(answer) == "the body is not the one of X-Hyper-Content-Sha256"
        assert server.store.of("red").revision() == 0

    def test_a_changed_large_body_is_refused(self, light: Server) -> None:
        data = several(("x", ["x:1"], None)) + bytes(3 * 2**20)
        pieces = [data[start : start + 2**19] for start in range(0, len(data), 2**19)]
        headers = RED.sign("/images/load", "POST", body=data[:-1])
        answer = light.ask("/images/load", "POST", headers=headers, body=pieces)
        assert answer.status == FORBIDDEN
        assert light.store.of("red").revision() == 0
        assert light.ask("/images/load", "POST", headers=headers, body=[data[:-1]]).status == 200

    @pytest.mark.parametrize("target", ["/images/a:1/tag?repo=b", LIST, "/nosuch"])
    def test_an_unsigned_body_is_refused(self, light: Server, target: str) -> None:
        headers = RED.sign(target, "POST")
        assert light.ask(target, "POST", headers=headers, body=[b"x"]).status == FORBIDDEN

    def test_a_client_that_disconnects_during_the_body_changes_nothing(self, light: Server) -> None:
        headers = RED.sign("/images/load", "POST", body=b"x")
        assert light.ask("/images/load", "POST", headers=headers, body=[]).status == 400
        assert light.store.of("red").revision() == 0


class TestReplays:
    def test_a_signed_change_cannot_be_replayed(
        self, server: Server, make_image: MakeImage
    ) -> None:
        server.store.of("red").put([make_image(1, tags=["a:1"])])
        target = "/images/a:1/tag?repo=b&tag=1"
        headers = RED.sign(target, "POST")
        assert server.ask(target, "POST", headers=headers).status == 201
        for _ in range(2):
            answer = server.ask(target, "POST", headers=headers)
            assert answer.status == FORBIDDEN
            assert message(answer).startswith("this signature was used before, and a request that")
        assert server.signed(target, "POST", at=server.now + 1).status == 201

    def test_a_signed_read_may_be_repeated(self, light: Server) -> None:
        headers = RED.sign(LIST)
        assert [light.ask(LIST, headers=headers).status for _ in range(3)] == [200] * 3

    @pytest.mark.parametrize(
        "body",
        [
            [],
            [bytes(2**20), bytes(2**20), b"end"],
            [bytes(2**21), b"end"],
        ],
        ids=["no end", "long", "long at once"],
    )
    def test_an_unread_body_does_not_allow_a_replay(
        self, light: Server, make_image: MakeImage, body: list[bytes]
    ) -> None:
        """A replay is detected even if the operation does not read the body."""
        light.store.of("red").put([make_image(1, tags=["a:1"])])
        target = "/images/a:1/tag?repo=b&tag=1"
        headers = RED.sign(target, "POST")
        assert light.ask(target, "POST", headers=headers).status == 201
        assert light.signed("/images/b:1", "DELETE").status == 200
        assert light.ask(target, "POST", headers=headers, body=body).status in {400, 413}
        [image] = light.store.of("red").images()
        assert [tag.familiar for tag in image.tags] == ["a:1"]

    def test_a_large_load_cannot_be_replayed(self, light: Server) -> None:
        data = several(("x", ["x:1"], None)) + bytes(2 * 2**20)
        pieces = [data[start : start + 2**19] for start in range(0, len(data), 2**19)]
        headers = RED.sign("/images/load", "POST", body=data)
        answers = [
            light.ask("/images/load", "POST", headers=headers, body=pieces) for _ in range(2)
        ]
        assert [answer.status for answer in answers] == [200, FORBIDDEN]
        assert light.store.of("red").revision() == 1

    def test_only_one_of_many_concurrent_replays_runs(self, shared_url: str) -> None:
        """Two servers share the store, as processes would."""
        target = "/images/nosuch:1"
        headers = RED.sign(target, "DELETE")
        with (
            closing(catalogue.open_store(shared_url)) as one,
            closing(catalogue.open_store(shared_url)) as other,
            ThreadPoolExecutor(8) as threads,
        ):
            servers = [Server(one), Server(other)]
            answers = list(
                threads.map(
                    lambda number: servers[number % 2].ask(target, "DELETE", headers=headers),
                    range(8),
                )
            )
        assert sorted(answer.status for answer in answers) == [FORBIDDEN] * 7 + [404]

    def test_used_signatures_survive_a_restart(self, shared_url: str) -> None:
        target = "/images/nosuch:1"
        headers = RED.sign(target, "DELETE")
        statuses = []
        for _ in range(2):
            with closing(catalogue.open_store(shared_url)) as opened:
                answer = Server(opened).ask(target, "DELETE", headers=headers)
            statuses.append(answer.status)
        assert statuses == [404, FORBIDDEN]

    def test_a_used_signature_is_kept_while_it_is_valid(self, server: Server) -> None:
        target = "/images/nosuch:1"
        headers = RED.sign(target, "DELETE", at=server.now + 900)
        assert server.ask(target, "DELETE", headers=headers).status == 404
        server.now += 1800
        assert "was used before" in message(server.ask(target, "DELETE", headers=headers))
        server.now += 1
        assert "has expired" in message(server.ask(target, "DELETE", headers=headers))

    def test_an_expired_signature_is_dropped(self, store: ImageStore) -> None:
        red, blue = store.of("red"), store.of("blue")
        assert red.use_signature("s", 100, 50)
        assert not red.use_signature("s", 100, 100)
        assert blue.use_signature("s", 100, 100)
        assert red.use_signature("s", 200, 101)


class TestSlowBodies:
    """A change that starts before its signature expires, and ends later."""

    TARGET = "/images/nosuch:1"

    def ask(self, server: Server, headers: dict[str, str], *, ends_at: float) -> Answer:
        async def slow(scope: Any, receive: Any, send: Any) -> None:
            async def receive_late() -> Any:
                server.now = ends_at
                return await receive()

            await server.app(scope, receive_late, send)

        return asyncio.run(asgi.ask(slow, self.TARGET, "DELETE", headers=headers))

    def test_a_signature_that_expires_during_the_body_is_refused(self, light: Server) -> None:
        began = light.now
        headers = RED.sign(self.TARGET, "DELETE")
        answer = self.ask(light, headers, ends_at=began + 901)
        assert answer.status == FORBIDDEN
        assert "has expired" in message(answer)

    def test_a_slow_body_does_not_allow_a_replay(self, light: Server) -> None:
        began = light.now
        headers = RED.sign(self.TARGET, "DELETE")
        assert light.ask(self.TARGET, "DELETE", headers=headers).status == 404
        # Other requests meanwhile drop the expired records.
        light.now = began + 900
        for late in (900, 901, 1000):
            assert light.signed("/images/x:1", "DELETE", at=began + late).status == 404
            assert self.ask(light, headers, ends_at=began + late).status == FORBIDDEN
            light.now = began + 900

    def test_a_record_outlives_the_longest_possible_request(self, light: Server) -> None:
        light.signed(self.TARGET, "DELETE")
        with light.store._database.read_engine.connect() as connection:  # noqa: SLF001
            [expires] = connection.execute(sa.select(schema.used_signature.c.expires)).scalars()
        policy = SignaturePolicy()
        assert expires == int(light.now) + policy.window + policy.longest_request


class TestThrottling:
    def test_hopeless_requests_are_not_verified_once_throttled(
        self, light: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def verified() -> int:
            light.signed(LIST, key=GUESSED, at=0)
            light.signed(LIST, key=Key(GUESSED.access_key, region="eu-central-1"))
            return len(worked_out)

        worked_out = []
        canonical_request = signature.canonical_request

        def count(*arguments: Any) -> bytes:
            worked_out.append(arguments)
            return canonical_request(*arguments)

        monkeypatch.setattr(signature, "canonical_request", count)
        assert verified() == 2
        for _ in range(60):
            light.signed(LIST, key=GUESSED)
        worked_out.clear()
        assert verified() == 0
        assert light.signed(LIST).status == 200

    def test_throttled_requests_get_no_reason(self, light: Server) -> None:
        assert [light.signed(LIST, key=GUESSED).status for _ in range(60)] == [UNKNOWN] * 60
        for at in (light.now, 0):
            answer = light.signed(LIST, key=GUESSED, at=at)
            assert answer.status == TOO_MANY
            assert answer.headers["retry-after"] == "1"
            assert message(answer).startswith("too many requests from here were refused; wait 1 s")

    def test_a_valid_client_is_not_throttled_by_guesses_with_its_key(self, light: Server) -> None:
        for _ in range(61):
            light.signed(LIST, key=GUESSED)
        assert light.signed(LIST, key=GUESSED).status == TOO_MANY
        assert light.signed(LIST).status == 200

    def test_refusals_are_counted_per_access_key(self, light: Server) -> None:
        for _ in range(61):
            light.signed(LIST, key=GUESSED)
        assert light.signed(LIST, key=GUESSED).status == TOO_MANY
        for key in (Key("AKOTHER"), Key(BLUE.access_key, "guessed")):
            assert light.signed(LIST, key=key).status == UNKNOWN

    @pytest.mark.parametrize(
        ("first", "second", "same"),
        [
            (("192.0.2.1", 5), ("192.0.2.1", 6), True),
            (("192.0.2.1", 5), ("::ffff:192.0.2.1", 6), True),
            (("2001:db8::1", 5), ("2001:db8::ffff:1", 6), True),
            (("fe80::1%eth0", 5), ("fe80::2", 6), True),
            (("2001:db8::1", 5), ("2001:db8:0:1::1", 6), False),
            (None, None, True),
            (None, ("192.0.2.1", 6), False),
        ],
    )
    def test_refusals_are_counted_per_network(
        self, light: Server, first: Any, second: Any, same: bool
    ) -> None:
        for number in range(240):
            headers = Key(f"AK{number}").sign(LIST)
            assert light.ask(LIST, headers=headers, client=first).status == UNKNOWN
        status = light.ask(LIST, headers=GUESSED.sign(LIST), client=second).status
        assert status == (TOO_MANY if same else UNKNOWN)

    def test_accepted_requests_are_not_counted(self, light: Server) -> None:
        assert {light.signed(LIST).status for _ in range(70)} == {200}
        assert {light.signed("/images/nosuch/json").status for _ in range(70)} == {404}


def test_unreadable_credentials_refuse_every_request(
    light: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_key: str) -> None:
        raise CredentialsError("cannot read /secret/place")

    monkeypatch.setattr(light.keys, "find", fail)
    with caplog.at_level(logging.ERROR):
        answer = light.signed(LIST)
    assert answer.status == 500
    assert message(answer) == "internal error; the server's log says more"
    assert caplog.messages == ["a request failed: cannot read /secret/place"]


def test_secrets_appear_in_no_response_and_no_log(
    light: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            light.signed(LIST),
            light.signed(LIST, key=Key(access_key=BLUE.access_key)),
            light.signed(LIST, at=0),
            light.signed("/images/nosuch", "DELETE"),
            light.signed("/images/nosuch", "DELETE"),
            light.ask(LIST),
        ]
    said = caplog.text + "".join(f"{answer.headers} {answer.body!r}" for answer in answers)
    assert "refused a request from 127.0.0.1: the signature is wrong" in said
    assert not any(key.secret_key in said for key in (RED, BLUE))


def test_the_padded_test_archive_is_valid() -> None:
    assert (
        len(docker_archive.read(io.BytesIO(several(("x", ["x:1"], None)) + bytes(3 * 2**20)), "x"))
        == 1
    )
