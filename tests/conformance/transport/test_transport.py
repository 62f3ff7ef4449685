from __future__ import annotations

import re
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from muster.errors import OutOfTime, Overloaded, TargetError
from muster.model.exchange import Request
from muster.model.forgery import Forgery
from muster.register.requirements import Need
from muster.transport import connection
from muster.transport.config import TransportConfig
from muster.transport.rate_limit import RateLimiter, TimeLimit
from muster.transport.redaction import Redaction
from muster.transport.signing import Credentials
from muster.transport.target import Target
from muster.transport.transport import Transport, request_path
from tests.conformance.support.servers import (
    HANG,
    PATIENCE,
    RESET,
    VERSION,
    Scripted,
    Served,
    Step,
    raw,
    scripted,
)

LIST = Request("/images/json")


KEYS = Credentials("AK", "SKsecretOfThisTest")
BUSY = raw(b"busy", status="503 Service Unavailable", headers="Retry-After: 0\r\n")


def transport(
    server: Scripted | Served, timeout: float = PATIENCE, config: TransportConfig | None = None
) -> Transport:
    return Transport(server.target, VERSION, timeout, config=config or TransportConfig())


def error(*steps: Step, timeout: float = PATIENCE) -> str:
    """Return the error of a request that *steps* follow on a fresh connection."""
    with scripted(steps) as server, transport(server, timeout) as asked:
        exchange = asked.send(LIST)
    assert exchange.request is LIST
    assert exchange.response is None
    return exchange.error


@pytest.mark.parametrize("over", ["tcp", "unix"])
def test_an_exchange_is_transferred_unchanged(over: str, socket_path: Path) -> None:
    answer = raw(b"[ ]", headers="Content-Type: Application/JSON; charset=x\r\nX: 1\r\nX: 2\r\n")
    with (
        scripted([answer], socket_path=socket_path if over == "unix" else None) as server,
        transport(server) as asked,
    ):
        response = asked.send(Request("/images/json?all=1", headers=(("X-A", "b"),))).response
    assert server.heads == [
        [
            (
                "GET /v1.23/images/json?all=1 HTTP/1.1\r\n"
                f"Host: {server.target.authority}\r\n"
                "User-Agent: muster\r\n"
                "Accept: */*\r\n"
                "X-A: b\r\n"
                "\r\n"
            )
        ]
    ]
    assert response is not None
    assert (response.status, response.body) == (200, b"[ ]")
    assert response.media_type == "application/json"
    assert response.headers["x"] == "2"


@pytest.mark.parametrize(
    "target",
    ["/images/json?", "/images/json?filters=%zz", "//images//json", "/a/../b/./c", "/?a=b?&&=#"],
)
def test_a_request_target_is_sent_byte_for_byte(target: str, tcp: Served) -> None:
    with transport(tcp) as asked:
        asked.send(Request(target, version=""))
    assert tcp.seen[-1] == f"GET {target} HTTP/1.1"


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (LIST, "/base/v1.23/images/json"),
        (Request("/images/json", version=""), "/base/images/json"),
        (Request("/images/json", version="/v9.99"), "/base/v9.99/images/json"),
    ],
)
def test_the_version_is_between_the_base_and_the_target(request_: Request, path: str) -> None:
    assert request_path(Target("http", "h", 80, base="/base"), VERSION, request_) == path


def test_a_connection_is_kept_alive_and_requests_are_counted() -> None:
    with scripted([raw(), raw()]) as server, transport(server) as asked:
        assert asked.send(LIST).response
        assert asked.send(LIST).response
    assert [len(heads) for heads in server.heads] == [2]
    assert asked.sent == 2


def test_a_connection_with_connection_close_is_not_reused() -> None:
    closing = raw(headers="Connection: close\r\n")
    with scripted([closing], [closing]) as server, transport(server) as asked:
        assert asked.send(LIST).response
        assert asked.send(LIST).response
    assert [len(heads) for heads in server.heads] == [1, 1]


def test_a_connection_closed_between_requests_is_reopened() -> None:
    with scripted([raw()], [raw(b"null")]) as server, transport(server) as asked:
        assert asked.send(LIST).response
        second = asked.send(LIST)
    assert second.response is not None
    assert second.response.body == b"null"
    assert asked.sent == 2


def test_a_connection_is_reopened_only_once() -> None:
    with scripted([raw(), RESET], [RESET], [raw()]) as server, transport(server) as asked:
        assert asked.send(LIST).response
        dropped = asked.send(LIST)
        assert asked.send(LIST).response
    assert dropped.response is None
    assert dropped.error == "the server closed the connection before it had responded"
    assert [len(heads) for heads in server.heads] == [2, 1, 1]


def test_a_truncated_response_on_a_reused_connection_is_not_retried() -> None:
    cut = raw(b"[", headers="").replace(b"Length: 1", b"Length: 9")
    with scripted([raw(), cut], [raw()]) as server, transport(server) as asked:
        assert asked.send(LIST).response
        assert asked.send(LIST).error == "the body broke off after 1 bytes"
        assert asked.send(LIST).response
    assert [len(heads) for heads in server.heads] == [2, 1]


@pytest.mark.parametrize("steps", [[RESET], [b""]])
def test_an_immediately_dropped_connection_is_reported(steps: list[Step]) -> None:
    assert error(*steps) == "the server closed the connection before it had responded"


def test_a_response_timeout_is_reported() -> None:
    assert error(HANG, timeout=0.05) == "no response within 0.05 s"


def test_a_slow_request_has_its_own_timeout() -> None:
    slow = Request("/images/load", slow=PATIENCE)
    with scripted([HANG]) as server, transport(server, 0.05) as asked:
        assert asked.send(Request("/images/load", slow=0.2)).error == "no response within 0.2 s"
    with scripted([raw(b"[]")]) as server, transport(server, 0.0) as asked:
        assert asked.send(slow).response


def test_a_truncated_body_is_reported() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[]"
    assert error(cut) == "the body broke off after 2 bytes"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            "the response is not HTTP (BadStatusLine: SSH-2.0-OpenSSH_9.2",
        ),
        (b"HTTP/1.1 abc\r\n\r\n", "the response is not HTTP (BadStatusLine: HTTP/1.1 abc"),
        (b"HTTP/1.1 200 " + b"x" * 70_000, "the response is not HTTP (LineTooLong: "),
        (raw(headers="A: b\r\n" * 101), "the response is not HTTP (HTTPException: got more than"),
    ],
)
def test_a_response_that_is_not_http_is_reported(answer: bytes, told: str) -> None:
    assert error(answer).startswith(told)


def test_a_body_sent_in_response_to_head_is_discarded() -> None:
    with scripted([raw(b"[1]")], [raw()]) as server, transport(server) as asked:
        head = asked.send(Request("/images/json", method="HEAD")).response
        after = asked.send(LIST).response
    assert server.heads[0][0].startswith("HEAD /v1.23/images/json HTTP/1.1\r\n")
    assert head is not None
    assert (head.status, head.headers["content-length"], head.body) == (200, "3", b"")
    assert after is not None
    assert after.body == b"[]"


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS", "get", ""])
def test_a_modifying_method_is_refused_before_sending(method: str) -> None:
    with (
        scripted() as server,
        transport(server) as asked,
        pytest.raises(TargetError) as refused,
    ):
        asked.send(Request("/images/json", method=method))
    assert str(refused.value) == f"refused to send {method} /images/json: not permitted"
    assert asked.sent == 0
    assert server.heads == []


def test_a_port_without_a_listener_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Transport(Target("http", "127.0.0.1", port), VERSION) as asked:
        assert asked.send(LIST).error == "Connection refused"


def test_an_unknown_host_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with Transport(Target("http", "host.invalid", 80), VERSION) as asked:
        assert asked.send(LIST).error == "Name or service not known"


def test_an_unusable_unix_socket_is_reported(tmp_path: Path) -> None:
    for path, told in [
        (tmp_path / "none", "No such file or directory: there is no such socket"),
        (tmp_path / ("x" * 200), "AF_UNIX path too long"),
    ]:
        with Transport(Target("unix", socket=str(path)), VERSION) as asked:
            assert asked.send(LIST).error == told


def test_https_to_a_plain_server_is_reported() -> None:
    # The client's greeting ends without an empty line: no step is reached, the server just closes.
    with scripted([]) as server:
        target = Target("https", server.target.host, server.target.port)
        with Transport(target, VERSION, PATIENCE) as asked:
            exchange = asked.send(LIST)
    assert exchange.response is None
    assert re.search("closed the connection|EOF occurred", exchange.error)


@pytest.fixture(scope="session")
def certificate(openssl: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            file,
            "-out",
            file.with_suffix(".crt"),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    with file.open("ab") as both:
        both.write(file.with_suffix(".crt").read_bytes())
    return file


@pytest.mark.parametrize("trusted", [True, False])
def test_https_works_only_with_a_trusted_certificate(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(PATIENCE)
        with connection:
            try:
                secured = context.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                return
            with secured:
                secured.recv(1000)
                secured.sendall(raw())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        target = Target("https", "127.0.0.1", listener.getsockname()[1])
        with Transport(target, VERSION, PATIENCE) as asked:
            exchange = asked.send(LIST)
        thread.join()
    if trusted:
        assert exchange.response is not None
        assert exchange.response.body == b"[]"
    else:
        assert exchange.response is None
        assert exchange.error == (
            "the server's certificate cannot be verified: self-signed certificate. Name the "
            "certificate of its authority with --tls-ca, or a self-signed certificate itself; "
            "--no-tls-verify verifies nothing."
        )


def test_a_target_that_would_split_the_request_is_refused() -> None:
    with scripted() as server, transport(server) as asked:
        for target in ("/a b", "/a HTTP/1.1\r\nX: y", "/a\n", "/\N{SNOWMAN}"):
            with pytest.raises(TargetError, match="not permitted"):
                asked.send(Request(target))
    assert server.heads == []


def test_user_headers_are_sent_and_replace_the_suites_own() -> None:
    config = TransportConfig(headers=(("X-Token", "t"), ("user-agent", "mine")))
    with scripted([raw()]) as server, transport(server, config=config) as asked:
        asked.send(Request("/images/json", headers=(("Accept", "text/plain"),)))
    assert server.heads[0][0].split("\r\n")[1:-2] == [
        f"Host: {server.target.authority}",
        "X-Token: t",
        "user-agent: mine",
        "Accept: text/plain",
    ]


def test_user_headers_repeated_by_a_server_are_redacted() -> None:
    config = TransportConfig(redaction=Redaction((("X-Token", "s3cr3t"),)))
    with scripted([b"s3cr3t\r\n"]) as server, transport(server, config=config) as asked:
        told = asked.send(LIST).error
    assert told.startswith("the response is not HTTP (BadStatusLine: (redacted)")


def test_an_endless_body_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LONGEST_BODY", 10)
    assert error(raw(b"x" * 11)) == "the body has no end, as far as it was read"


# --- signatures -----------------------------------------------------------------------------------


def test_credentials_sign_every_request() -> None:
    asked = Transport(Target("http", "h", 80), VERSION, config=TransportConfig(credentials=KEYS))
    headers = dict(asked.headers(LIST))
    assert headers["Authorization"].startswith("HYPER-HMAC-SHA256 Credential=AK/")
    assert (
        "SignedHeaders=content-type;host;x-hyper-content-sha256;x-hyper-date,"
        in (headers["Authorization"])
    )
    assert b"\r\nAuthorization: HYPER-HMAC-SHA256 " in asked.head(LIST)
    assert asked.provided == {Need.SIGNED}
    assert Transport(asked.target, VERSION).provided == set()


def test_a_deliberately_unsigned_request_is_not_signed() -> None:
    asked = Transport(Target("http", "h", 80), VERSION, config=TransportConfig(credentials=KEYS))
    unsigned = Request("/images/json", forgery=Forgery(unsigned=True))
    assert asked.headers(unsigned) == Transport(asked.target, VERSION).headers(LIST)


def test_a_repeated_change_gets_a_new_signature() -> None:
    asked = Transport(
        Target("http", "h", 80),
        VERSION,
        permission=lambda _: True,
        config=TransportConfig(credentials=KEYS),
    )
    change = Request("/images/a", "DELETE")
    first, second = (dict(asked.headers(change)) for _ in range(2))
    assert first["Authorization"] != second["Authorization"]
    assert "x-hyper-nonce" in first["Authorization"]


def test_a_forged_target_has_the_same_version_and_base() -> None:
    config = TransportConfig(credentials=KEYS)
    asked = Transport(Target("http", "h", 80, base="/base"), VERSION, config=config)
    forged = Request("/version", forgery=Forgery(signed_target="/images/json"))
    signatures = {dict(asked.headers(each))["Authorization"] for each in (LIST, forged)}
    # The clock may have gone on between the two.
    again = dict(asked.headers(LIST))["Authorization"]
    assert len(signatures) == 1 or again in signatures


# --- politeness -----------------------------------------------------------------------------------


def test_requests_obey_the_rate_limit() -> None:
    config = TransportConfig(rate_limiter=RateLimiter(20))
    with scripted([raw()] * 3) as server, transport(server, config=config) as asked:
        assert asked.rate_limited
        began = time.monotonic()
        assert all(asked.send(LIST).response for _ in range(3))
    assert time.monotonic() - began >= 0.1


def test_a_busy_server_is_retried_after_retry_after() -> None:
    with scripted([BUSY, BUSY, raw(b"[1]")]) as server, transport(server) as asked:
        response = asked.send(LIST).response
    assert response is not None
    assert response.body == b"[1]"
    assert asked.sent == 3


@pytest.mark.parametrize("headers", ["", "Retry-After: soon\r\n"])
def test_a_busy_server_without_retry_after_is_not_retried(headers: str) -> None:
    answer = raw(status="503 Service Unavailable", headers=headers)
    with scripted([answer]) as server, transport(server) as asked:
        response = asked.send(LIST).response
    assert response is not None
    assert response.status == 503


@pytest.mark.parametrize(("seconds", "waits"), [(1, [1, 1]), (2, [2]), (3, [])])
def test_forged_requests_wait_only_briefly(
    monkeypatch: pytest.MonkeyPatch, seconds: int, waits: list[float]
) -> None:
    waited: list[float] = []
    limit = TimeLimit()
    monkeypatch.setattr(limit, "sleep", waited.append)
    wait = raw(status="429 Too Many Requests", headers=f"Retry-After: {seconds}\r\n")
    asking = [wait] * (1 + len(waits))
    with (
        scripted(asking) as server,
        transport(server, config=TransportConfig(limit=limit)) as asked,
    ):
        response = asked.send(Request("/images/json", forgery=Forgery(unsigned=True))).response
    assert response is not None
    assert response.status == 429
    assert waited == waits


def test_a_server_busy_for_forged_requests_is_not_given_up() -> None:
    with scripted([BUSY] * 4 * 3) as server, transport(server) as asked:
        for _ in range(3):
            response = asked.send(Request("/images/json", forgery=Forgery(unsigned=True))).response
            assert response is not None
            assert response.status == 503


def test_a_persistently_busy_server_is_given_up() -> None:
    with scripted([BUSY] * 4 * 3) as server, transport(server) as asked:
        for _ in range(2):
            response = asked.send(LIST).response
            assert response is not None
            assert response.status == 503
        with pytest.raises(Overloaded) as left:
            asked.send(LIST)
    assert str(left.value) == (
        f"{server.target} has too much to do: it answered 3 requests again and again with a "
        "Retry-After, at last of 0 s: ask later, or with --rate"
    )


def test_a_retry_after_above_a_minute_is_not_awaited() -> None:
    long = raw(status="429 Too Many Requests", headers="Retry-After: 61\r\n")
    with scripted([long]) as server, transport(server) as asked:
        response = asked.send(LIST).response
    assert response is not None
    assert (response.status, asked.sent) == (429, 1)


def test_the_wait_matches_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    limit = TimeLimit()
    monkeypatch.setattr(limit, "sleep", waits.append)
    wait = raw(status="429 Too Many Requests", headers="Retry-After: 25\r\n")
    with (
        scripted([wait] * 3) as server,
        transport(server, config=TransportConfig(limit=limit)) as asked,
    ):
        asked.send(LIST)
    assert waits == [25, 25]


def test_nothing_is_sent_after_the_time_limit() -> None:
    with (
        scripted([raw()]) as server,
        transport(server, config=TransportConfig(limit=TimeLimit(0.2))) as asked,
    ):
        assert asked.send(LIST).response
        time.sleep(0.25)
        with pytest.raises(OutOfTime):
            asked.send(LIST)
        assert asked.sent == 1


def test_cleanup_ignores_the_time_limit() -> None:
    over = TransportConfig(limit=TimeLimit(-1))
    with (
        scripted([raw()]) as server,
        transport(server, config=over).without_time_limit() as unhurried,
    ):
        assert unhurried.send(LIST).response


def test_a_response_is_awaited_only_until_the_time_limit() -> None:
    with (
        scripted([HANG]) as server,
        transport(server, config=TransportConfig(limit=TimeLimit(0.1))) as asked,
    ):
        began = time.monotonic()
        with pytest.raises(OutOfTime):
            asked.send(LIST)
    assert time.monotonic() - began < PATIENCE / 2


def test_a_target_can_be_sent_in_absolute_form() -> None:
    with scripted([raw()]) as server, transport(server) as asked:
        asked.send(Request("/images/json?all=1", absolute=True))
    (head,) = server.heads[0]
    authority = f"127.0.0.1:{server.target.port}"
    assert head.startswith(f"GET http://{authority}/v1.23/images/json?all=1 HTTP/1.1\r\n")


def test_reopened_connections_are_counted() -> None:
    with scripted([raw()], [raw()]) as server, transport(server) as asked:
        assert asked.reopened == 0
        asked.send(LIST)
        asked.send(LIST)
        assert asked.reopened == 1
        assert asked.another().reopened == 0
