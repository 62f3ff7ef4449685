"""A session asks named registries only, and bounds what they send."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from musterd.errors import NotFoundError, RegistryError
from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.credentials import NONE, RegistryCredentials
from musterd.registry.refusals import AbsentError, DeniedError
from musterd.registry.session import Answer, Session
from tests.server.support.registries import HOST, FakeRegistry, error

URL = f"http://{HOST}/v2/team/app/thing"
OTHER = "http://127.0.0.2:5000"
USER = RegistryCredentials(username="user", password="word")  # noqa: S106  # of a test
BASIC = f"Basic {base64.b64encode(b'user:word').decode()}"


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


def ask(
    registry: FakeRegistry,
    method: str = "GET",
    *,
    credentials: RegistryCredentials = NONE,
    also: tuple[str, ...] = (),
    **options: Any,
) -> Answer:
    registries = Registries(map(RegistryAddress.parse, (HOST, *also)))
    address = RegistryAddress.parse(HOST)

    async def run() -> Answer:
        client = registry.client()
        session = Session(client, registries, address, "team/app", credentials)
        try:
            return await session.ask(method, session.url("thing"), **options)
        finally:
            await session.close()

    return asyncio.run(run())


def test_an_answer_has_all_of_a_response(registry: FakeRegistry) -> None:
    registry.answer("GET", URL, body=b"text", X_Name="value")
    answer = ask(registry)
    assert (answer.status, answer.body, answer.headers["x-name"]) == (200, b"text", "value")
    assert "authorization" not in registry.requests[0].headers
    assert registry.requests[0].headers["accept-encoding"] == "identity"


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 1000


def test_an_endless_body_is_given_up(registry: FakeRegistry) -> None:
    registry.answer("GET", URL, body=endless())
    with pytest.raises(RegistryError, match="has more than 5000 bytes"):
        ask(registry, limit=5000)


def test_an_endless_error_is_given_up(registry: FakeRegistry) -> None:
    registry.answer("GET", URL, 500, body=endless())
    with pytest.raises(RegistryError, match="has more than 65536 bytes"):
        ask(registry)


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind", "message"),
        [
            (404, AbsentError, "the registry says 404"),
            (403, DeniedError, "the registry says 403"),
            (500, RegistryError, "the registry says 500"),
        ],
    )
    def test_a_status_tells_what_is_wrong(
        self, registry: FakeRegistry, status: int, kind: type[Exception], message: str
    ) -> None:
        registry.answer("GET", URL, status, body=b"<html>")
        with pytest.raises(kind, match=message):
            ask(registry)

    def test_the_registry_gives_a_code_and_a_message(self, registry: FakeRegistry) -> None:
        body = httpx.Response(200, json=error("NAME_UNKNOWN", "gone\n\x1b[31m")).content
        registry.answer("GET", URL, 404, body=body)
        with pytest.raises(NotFoundError, match=r"^name unknown: gone \[31m$"):
            ask(registry)

    def test_a_code_stands_for_its_message(self, registry: FakeRegistry) -> None:
        registry.answer("GET", URL, 429, body=b'{"errors":[{"code":"TOOMANYREQUESTS"}]}')
        with pytest.raises(RegistryError, match=r"^toomanyrequests: toomanyrequests$"):
            ask(registry)

    def test_a_list_of_errors_may_be_empty(self, registry: FakeRegistry) -> None:
        registry.answer("HEAD", URL, 404, body=b"")
        registry.answer("GET", URL, 404, body=b'{"errors":[]}')
        for method in ("HEAD", "GET"):
            with pytest.raises(AbsentError, match="the registry says 404"):
                ask(registry, method)

    @pytest.mark.parametrize(
        ("problem", "message"),
        [
            (httpx.ConnectError("refused"), f'Get "{URL}": refused'),
            (httpx.ReadTimeout(""), f'Get "{URL}": ReadTimeout'),
        ],
    )
    def test_a_registry_may_be_away(
        self, registry: FakeRegistry, problem: Exception, message: str
    ) -> None:
        def fail(_: httpx.Request) -> httpx.Response:
            raise problem

        registry.answers["GET", URL] = fail
        with pytest.raises(RegistryError) as raised:
            ask(registry)
        assert str(raised.value) == message


class TestRedirects:
    def test_one_within_the_registry_is_followed(self, registry: FakeRegistry) -> None:
        registry.answer("GET", URL, 307, Location="/elsewhere")
        registry.answer("GET", f"http://{HOST}/elsewhere", body=b"there")
        assert ask(registry).body == b"there"

    @pytest.mark.parametrize(
        ("location", "shown"),
        [
            (f"{OTHER}/x", OTHER),
            ("https://127.0.0.1:5000/x", "https://127.0.0.1:5000"),
            ("http://169.254.169.254/latest", "http://169.254.169.254:80"),
            ("file:///etc/passwd", "an invalid URL"),
        ],
    )
    def test_one_to_another_host_is_not(
        self, registry: FakeRegistry, location: str, shown: str
    ) -> None:
        registry.answer("GET", URL, 302, Location=location)
        with pytest.raises(RegistryError) as raised:
            ask(registry)
        assert f"{HOST} refers to {shown}, which musterd does not ask" in str(raised.value)
        assert len(registry.requests) == 1

    def test_one_to_another_named_host_is_followed_without_credentials(
        self, registry: FakeRegistry
    ) -> None:
        registry.answer("GET", URL, 307, Location=f"{OTHER}/x")
        registry.answer("GET", f"{OTHER}/x", body=b"there")
        token = RegistryCredentials(registrytoken="secret")
        assert ask(registry, credentials=token, also=("127.0.0.2:5000",)).body == b"there"
        assert registry.requests[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in registry.requests[1].headers

    def test_a_loop_ends(self, registry: FakeRegistry) -> None:
        registry.answer("GET", URL, 307, Location=URL)
        with pytest.raises(RegistryError, match="redirects more than 5 times"):
            ask(registry)
        assert len(registry.requests) == 6

    def test_a_redirect_without_a_place_is_a_loop(self, registry: FakeRegistry) -> None:
        registry.answer("GET", URL, 307)
        with pytest.raises(RegistryError, match="redirects more than 5 times"):
            ask(registry)

    def test_a_change_is_not_redirected(self, registry: FakeRegistry) -> None:
        registry.answer("PUT", URL, 307, Location="/x")
        with pytest.raises(RegistryError, match="redirects a PUT"):
            ask(registry, "PUT")


def demanding(header: str) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as a registry that demands what the header says."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "authorization" not in request.headers:
            return httpx.Response(401, headers={"WWW-Authenticate": header})
        return httpx.Response(200, content=request.headers["authorization"].encode())

    return answer


TOKENS = f"http://{HOST}/token"
BEARER = f'Bearer realm="{TOKENS}",service="it"'


class TestAuthorization:
    def test_a_password_is_sent_on_demand(self, registry: FakeRegistry) -> None:
        registry.answers["GET", URL] = demanding('Basic realm="x"')
        assert ask(registry, credentials=USER).body == BASIC.encode()

    @pytest.mark.parametrize("header", ['Basic realm="x"', "Digest", ""])
    def test_without_a_password_there_is_none_to_send(
        self, registry: FakeRegistry, header: str
    ) -> None:
        registry.answers["GET", URL] = demanding(header)
        with pytest.raises(RegistryError, match="no basic auth credentials"):
            ask(registry)

    def test_a_wrong_password_is_denied(self, registry: FakeRegistry) -> None:
        registry.answer("GET", URL, 401, WWW_Authenticate='Basic realm="x"')
        with pytest.raises(DeniedError):
            ask(registry, credentials=USER)
        assert len(registry.requests) == 2

    @pytest.mark.parametrize("member", ["token", "access_token"])
    def test_a_token_is_got_without_a_password(self, registry: FakeRegistry, member: str) -> None:
        registry.answers["GET", URL] = demanding(BEARER)
        registry.answer("GET", TOKENS, body=f'{{"{member}":"abc"}}'.encode())
        assert ask(registry).body == b"Bearer abc"
        asked = registry.requests[1].url.params
        assert dict(asked) == {"service": "it", "scope": "repository:team/app:pull"}

    def test_a_token_is_got_with_a_password(self, registry: FakeRegistry) -> None:
        registry.answers["GET", URL] = demanding(BEARER)
        registry.answer("GET", TOKENS, body=b'{"token":"abc"}')
        assert ask(registry, credentials=USER).body == b"Bearer abc"
        assert registry.requests[1].headers["authorization"] == BASIC
        assert registry.requests[1].url.params["account"] == "user"

    def test_a_token_is_got_with_another_one(self, registry: FakeRegistry) -> None:
        registry.answers["GET", URL] = demanding(BEARER)
        registry.answer("POST", TOKENS, body=b'{"access_token":"abc"}')
        given = RegistryCredentials(identitytoken="refresh")
        assert ask(registry, credentials=given).body == b"Bearer abc"
        assert b"refresh_token=refresh" in registry.requests[1].content

    def test_only_named_hosts_are_asked_for_tokens(self, registry: FakeRegistry) -> None:
        header = f'Bearer realm="{OTHER}/token"'
        registry.answers["GET", URL] = demanding(header)
        with pytest.raises(RegistryError, match=r"refers to http://127\.0\.0\.2:5000"):
            ask(registry, credentials=USER)
        registry.answer("GET", f"{OTHER}/token", body=b'{"token":"abc"}')
        answer = ask(registry, credentials=USER, also=("127.0.0.2:5000",))
        assert answer.body == b"Bearer abc"

    @pytest.mark.parametrize(
        ("status", "body", "message"),
        [
            (401, b"", "unauthorized: incorrect username or password"),
            (307, b"", "the token server says 307"),
            (200, b"no", "the token server sends no token"),
            (200, b"{}", "the token server sends no token"),
            (200, b'{"token":"a\\nb"}', "the token server sends no token"),
        ],
    )
    def test_a_token_server_may_refuse(
        self, registry: FakeRegistry, status: int, body: bytes, message: str
    ) -> None:
        registry.answers["GET", URL] = demanding(BEARER)
        registry.answer("GET", TOKENS, status, body=body)
        with pytest.raises(RegistryError, match=message):
            ask(registry)

    def test_an_endless_token_is_given_up(self, registry: FakeRegistry) -> None:
        registry.answers["GET", URL] = demanding(BEARER)
        registry.answer("GET", TOKENS, body=endless())
        with pytest.raises(RegistryError, match="has more than 65536 bytes"):
            ask(registry)
