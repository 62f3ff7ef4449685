from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from muster.errors import AccessRefused, NoEngine, Unreachable, UsageError, VersionRefused
from muster.model.exchange import Exchange, Request, Response
from muster.model.version import ApiVersion
from muster.transport.negotiation import Offer, ask, choose, probe
from muster.transport.target import Target
from muster.transport.transport import Transport
from tests.conformance.support.servers import VERSION, Answers, served
from tests.mutants.stand_in import StandIn
from tests.server.support.certificates import authority

KNOWN = [ApiVersion(1, minor) for minor in (23, 24, 41)]
NEWEST = ApiVersion(1, 45)
TARGET = Target("http", "h", 80)


def chosen(
    asked: str | None = None,
    named: str | None = None,
    newest: str | None = None,
    oldest: str | None = None,
) -> list[str]:
    """Return the version checked at a server that offers *oldest* to *newest*."""
    offer = Offer(
        newest=ApiVersion.parse(newest) if newest else None,
        oldest=ApiVersion.parse(oldest) if oldest else None,
    )
    target = Target("http", "h", 80, version=named)
    return [str(version) for version in choose(asked, target, offer, KNOWN, NEWEST)]


@pytest.mark.parametrize("newest", [None, "1.24", "1.99"])
@pytest.mark.parametrize(
    ("asked", "named", "version"),
    [
        ("1.23", None, "1.23"),
        ("v1.30", None, "1.30"),
        ("1.45", None, "1.45"),
        (None, "1.24", "1.24"),
        ("1.24", "1.24", "1.24"),
    ],
)
def test_an_explicit_version_overrides_the_offered_ones(
    asked: str | None, named: str | None, version: str, newest: str | None
) -> None:
    assert chosen(asked, named, newest) == [version]


@pytest.mark.parametrize(
    ("newest", "version"),
    [(None, "1.23"), ("1.22", "1.23"), ("1.23", "1.23"), ("1.40", "1.40"), ("1.99", "1.45")],
)
def test_the_newest_common_version_is_the_default(newest: str | None, version: str) -> None:
    assert chosen(newest=newest) == [version]


@pytest.mark.parametrize(
    ("newest", "oldest", "versions"),
    [
        (None, None, ["1.23"]),
        ("1.40", None, ["1.23", "1.24"]),
        ("1.99", "1.24", ["1.24", "1.41"]),
        ("1.99", "1.12", ["1.23", "1.24", "1.41"]),
    ],
)
def test_all_means_every_offered_version_with_a_document(
    newest: str | None, oldest: str | None, versions: list[str]
) -> None:
    assert chosen("all", None, newest, oldest) == versions


def test_all_is_refused_if_no_offered_version_is_known() -> None:
    with pytest.raises(UsageError) as refused:
        chosen("all", None, "1.60", "1.50")
    assert str(refused.value) == (
        "the server says that it serves 1.50 to 1.60, of which this release has no document: "
        "name a version"
    )


@pytest.mark.parametrize("asked", ["1.23", "all"])
def test_contradictory_versions_are_refused(asked: str) -> None:
    with pytest.raises(UsageError) as refused:
        chosen(asked, "1.24")
    assert str(refused.value) == (
        f"--api-version says {asked}, the target's address 1.24: leave out one"
    )


@pytest.mark.parametrize(("asked", "named"), [("1.22", None), ("1.46", None), (None, "2.0")])
def test_an_unknown_version_is_refused_with_the_known_ones(
    asked: str | None, named: str | None
) -> None:
    with pytest.raises(UsageError) as refused:
        chosen(asked, named)
    assert str(refused.value) == (
        f"there is no document of API version {asked or named}: this release knows 1.23 to 1.45"
    )


def test_an_invalid_version_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^'new' is not an API version"):
        chosen("new")


def test_a_server_that_does_not_respond_is_unreachable() -> None:
    with pytest.raises(Unreachable) as refused:
        ask(Answers(None), TARGET)
    assert str(refused.value) == (
        "no response from http://h: the server closed the connection. "
        "Is the server running, and is this its address?"
    )


def test_specific_advice_replaces_the_general_question(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    target = Target("unix", socket=str(file))
    with pytest.raises(Unreachable) as refused, Transport(target, VERSION) as transport:
        ask(transport, target)
    assert str(refused.value) == f"no response from unix://{file}: this is a file, not a socket."


def test_a_silent_tls_server_is_recognized(tmp_path: Path) -> None:
    certificate, key = authority(tmp_path / "authority").sign("server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with served(StandIn(), tls=tls) as server:
        target = Target("http", server.target.host, server.target.port)
        with pytest.raises(Unreachable) as refused, Transport(target, VERSION) as transport:
            ask(transport, target)
    assert str(refused.value) == (
        f"no response from {target}: the server speaks TLS: write {server.target}."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
    ],
)
def test_a_server_that_requires_tls_is_reported(body: bytes) -> None:
    with pytest.raises(Unreachable) as refused:
        ask(Answers(Response(400, {}, body)), TARGET)
    assert str(refused.value) == "http://h speaks TLS, and was asked without: write https://h"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "text/html"), (404, "text/plain"), (404, ""), (404, "application/json"), (200, "")],
)
def test_a_web_server_that_is_not_an_engine_is_reported(status: int, kind: str) -> None:
    page = Response(status, {"content-type": f"{kind}; charset=utf-8"} if kind else {}, b"{}")
    shown = f"status {status} and {kind or 'no content type'}"
    with pytest.raises(NoEngine) as refused:
        ask(Answers(page), TARGET)
    assert str(refused.value) == (
        "http://h answers, but does not look like a Docker engine: it responds to /_ping with "
        f"{shown}, and to List Images with {shown}. Is this the address of the engine's API?"
    )


class Drops(Answers):
    """Answers anything but List Images."""

    def answer(self, request: Request) -> Response | None:
        return None if request.target == "/images/json" else self.response


def test_a_server_without_ping_and_listing_is_not_an_engine() -> None:
    with pytest.raises(NoEngine, match="to List Images with nothing"):
        ask(Drops(Response(404, {}, b"")), TARGET)


@pytest.mark.parametrize(
    "response",
    [
        Response(400, {"content-type": "text/plain"}, b"client version 1.23 is too old"),
        Response(401, {}, b""),
        Response(200, {}, b"OK"),
        Response(200, {"api-version": "1.0"}, b""),
    ],
)
def test_a_possible_engine_is_not_refused(response: Response) -> None:
    ask(Answers(response), TARGET)


def test_a_server_that_answers_only_pings_is_checked() -> None:
    probe(Drops(Response(200, {}, b"OK")), TARGET, VERSION)


class NoPing(Answers):
    """Serves List Images and nothing else."""

    def send(self, request: Request) -> Exchange:
        if request.target.startswith("/images/json"):
            return Exchange(request, Response(200, {"content-type": "application/json"}, b"[]"))
        return super().send(request)


def test_a_server_with_only_list_images_is_not_refused() -> None:
    assert ask(NoPing(Response(404, {}, b"")), TARGET).newest is None


def test_a_server_that_does_not_respond_to_list_images_is_unreachable() -> None:
    with pytest.raises(Unreachable) as refused:
        probe(Answers(None), TARGET, VERSION)
    assert str(refused.value) == (
        "no response from http://h to List Images: the server closed the connection"
    )


@pytest.mark.parametrize(
    "message",
    [
        "client version 1.23 is too old. Minimum supported API version is 1.44",
        "client is too new",
        '{"message":"client is newer than server (client API version: 1.23)"}',
        "Maximum supported API version is 1.22",
    ],
)
def test_a_refused_version_is_reported_in_the_servers_words(message: str) -> None:
    with pytest.raises(VersionRefused) as refused:
        probe(Answers(Response(400, {}, message.encode())), TARGET, VERSION)
    assert str(refused.value) == f"http://h does not serve API version 1.23: {message}"


@pytest.mark.parametrize(
    "response",
    [
        Response(400, {}, b"bad parameter"),
        Response(500, {}, b"client is too old"),
        Response(404, {}, b"page not found"),
        Response(200, {}, b"client is too old"),
    ],
)
def test_any_other_response_is_left_to_the_checks(response: Response) -> None:
    probe(Answers(response), TARGET, VERSION)


class Says(StandIn):
    def __init__(self, version: Response | None, ping: Response | None = None) -> None:
        super().__init__()
        self.answers = {"/version": version, "/_ping": ping or Response(200, {}, b"OK")}

    def answer(self, request: Request) -> Response | None:
        assert request.version == ""
        return self.answers[request.target]


def offer(body: Any) -> Offer:
    return ask(Says(Response(200, {}, json.dumps(body).encode())), TARGET)


def test_the_server_identifies_itself_and_its_versions() -> None:
    said = {
        "Version": "29.0",
        "ApiVersion": "1.52",
        "MinAPIVersion": "1.44",
        "Os": "linux",
        "Arch": "amd64",
    }
    components = [{"Name": "Engine"}, {"Name": "containerd"}]
    assert offer(said | {"KernelVersion": "6.1", "Components": components}) == Offer(
        {"Name": "Engine", **said}, ApiVersion(1, 52), ApiVersion(1, 44)
    )


def test_the_newest_version_of_the_ping_takes_precedence() -> None:
    ping = Response(200, {"api-version": "1.40"}, b"OK")
    version = Response(200, {}, b'{"ApiVersion": "1.41"}')
    assert ask(Says(version, ping), TARGET).newest == ApiVersion(1, 40)


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ({}, {}),
        (None, {}),
        (["Version"], {}),
        ({"Version": None, "Os": ""}, {}),
        ({"Version": 1.5}, {"Version": "1.5"}),
        ({"ApiVersion": "new", "MinAPIVersion": 1}, {"ApiVersion": "new", "MinAPIVersion": "1"}),
        ({"Components": None}, {}),
        ({"Components": []}, {}),
        ({"Components": {"Name": "x"}}, {}),
        ({"Components": ["x"]}, {}),
        ({"Components": [{}]}, {}),
        ({"Components": [{"Name": 5}], "Os": "linux"}, {"Os": "linux"}),
    ],
)
def test_valid_parts_of_an_odd_response_are_used(body: object, known: dict[str, str]) -> None:
    assert offer(body) == Offer(known)


@pytest.mark.parametrize(
    "response", [None, Response(404, {}, b'{"Version": "1"}'), Response(200, {}, b"<html>")]
)
def test_a_server_that_does_not_identify_itself_is_checked(
    response: Response | None,
) -> None:
    assert ask(Says(response), TARGET) == Offer()


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_server_that_refuses_all_access_is_not_accused(status: int) -> None:
    server = Answers(Response(status, {"content-type": "text/plain"}, b"who are you?"))
    with pytest.raises(AccessRefused) as refused:
        probe(server, TARGET, VERSION)
    assert str(refused.value) == (
        "http://h does not let muster in. Sign with --hyper-credentials, or send what it asks for "
        f"with --header or --tls-cert. It answered with status {status}: who are you?"
    )
