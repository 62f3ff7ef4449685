import asyncio
from typing import Any

import pytest
from starlette.responses import Response

from musterd.access.cross_site import CrossSiteGuard
from musterd.api.middleware.errors import ErrorResponses
from tests.server.support import asgi
from tests.server.support.asgi import Answer

OK = 200
PAGES = "web pages of other sites may not ask this server anything"


def ask(
    headers: dict[str, str],
    *,
    names: Any = frozenset(),
    target: str = "/images/json",
    client: Any = ("127.0.0.1", 1),
) -> Answer:
    app = ErrorResponses(CrossSiteGuard(Response("fine"), names))
    return asyncio.run(asgi.ask(app, target, headers=headers, client=client))


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:2375", "[::1]:2375", "::1", "[::ffff:192.0.2.7]:1", "192.0.2.7"),
        *("localhost", "LOCALHOST:80", "localhost.", "a.localhost:1", "docker", "1.28", ""),
    ],
)
def test_ordinary_host_headers_are_accepted(host: str) -> None:
    assert ask({"Host": host}).status == OK


def test_a_request_without_a_host_header_is_accepted() -> None:
    assert ask({}).status == OK


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:2375", "127.0.0.1.evil.example", "127.0.0.1:80:evil.com"),
        *("localhost:80:evil", "[evil.com]:80", "[::1]evil", "a" * 300),
    ],
)
def test_an_unknown_host_name_is_refused(host: str) -> None:
    answer = ask({"Host": host})
    assert answer.status == 403
    assert answer.json["message"] == (
        f"the server does not know itself by the name {host[:260]!r}; "
        "start it with --host-name if it should"
    )


def test_a_configured_host_name_is_accepted() -> None:
    names = frozenset({"images.example"})
    assert ask({"Host": "Images.Example:2375"}, names=names).status == OK
    assert ask({"Host": "evil.example"}, names=names).status == 403
    assert ask({"Host": "evil.example"}, names=None).status == OK


def test_any_host_is_accepted_over_a_unix_socket() -> None:
    assert ask({"Host": "/run/musterd.sock.example"}, client=None).status == OK


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("names", [frozenset(), None])
def test_cross_site_requests_are_refused(headers: Any, names: Any) -> None:
    answer = ask({"Host": "127.0.0.1:2375", **headers}, names=names, target="/v1.23/images/json")
    assert (answer.status, answer.body.decode()) == (403, f"{PAGES}\n")


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_requests_typed_into_the_address_bar_are_accepted(site: str) -> None:
    assert ask({"Host": "127.0.0.1:2375", "Sec-Fetch-Site": site}).status == OK


def test_lifespan_messages_pass_through() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(CrossSiteGuard(app, None)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
