from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from muster.transport.connection import BodyTooLong, Deadline, connect, speaks_tls
from muster.transport.reasons import CLOSED, reason
from muster.transport.target import Target
from tests.conformance.support.servers import served
from tests.mutants.stand_in import StandIn
from tests.server.support.certificates import authority

HTTP, HTTPS = Target("http", "h", 2376), Target("https", "h", 2375)


def at(path: Path) -> Target:
    return Target("unix", socket=str(path))


def raised(target: Target) -> OSError:
    """Return what connecting to *target* raises."""
    try:
        connect(target, Deadline(10), None)
    except OSError as error:
        return error
    raise AssertionError("it could connect")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TimeoutError(), "no response within 3 s"),
        (http.client.RemoteDisconnected(), CLOSED),
        (ConnectionResetError(), CLOSED),
        (http.client.IncompleteRead(b"ab"), "the body broke off after 2 bytes"),
        (BodyTooLong(), "the body has no end, as far as it was read"),
        (http.client.BadStatusLine("x"), "the response is not HTTP (BadStatusLine: x)"),
        (OSError("odd"), "odd"),
        (OSError(113, "No route to host"), "No route to host"),
        (ValueError("odd"), "odd"),
    ],
)
def test_the_reason_for_a_missing_response_is_described(error: Exception, text: str) -> None:
    assert reason(error, HTTP, 3.0) == text


# --- TLS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["\x15\x03\x03\x00\x02\x02F", "\x16\x03\x01"])
def test_a_tls_record_instead_of_http_is_reported(line: str) -> None:
    error = http.client.BadStatusLine(line)
    assert reason(error, HTTP, 3) == "the server speaks TLS: write https://h:2376."
    assert reason(error, HTTPS, 3).startswith("the response is not HTTP")


def test_a_server_without_tls_is_reported() -> None:
    with served(StandIn()) as server:
        target = Target("https", server.target.host, server.target.port)
        with pytest.raises(ssl.SSLError) as failed:
            connect(target, Deadline(10), ssl.create_default_context())
    assert reason(failed.value, target, 3) == (
        f"the server does not speak TLS: write http://127.0.0.1:{target.port}."
    )


def test_other_tls_errors_are_reported_verbatim() -> None:
    assert reason(ssl.SSLError(1, "[SSL: ODD] odd"), HTTPS, 3) == "[SSL: ODD] odd"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (18, ". Name the certificate of its authority with --tls-ca, or a self-signed"),
        (20, ". Name the certificate of its authority with --tls-ca, or a self-signed"),
        (62, ". Use one of the names in the certificate as the host of TARGET."),
        (10, ""),
    ],
)
def test_an_unverified_certificate_is_reported_with_advice(code: int, advice: str) -> None:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, "it is so"
    text = reason(error, HTTPS, 3)
    assert text.startswith(f"the server's certificate cannot be verified: it is so{advice}")


def test_tls_support_is_detected(tmp_path: Path) -> None:
    certificate, key = authority(tmp_path / "authority").sign("server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with served(StandIn(), tls=tls) as secured:
        plain = Target("http", secured.target.host, secured.target.port)
        assert speaks_tls(plain)
        assert not speaks_tls(secured.target)
    with served(StandIn()) as server:
        assert not speaks_tls(server.target)


# --- sockets --------------------------------------------------------------------------------------


@pytest.fixture
def stale(tmp_path: Path) -> Iterator[Path]:
    """Bind a socket at which nobody listens."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        yield path


def test_a_missing_socket_is_reported(tmp_path: Path) -> None:
    target = at(tmp_path / "none")
    assert reason(raised(target), target, 3) == (
        "No such file or directory: there is no such socket"
    )


def test_a_socket_without_a_listener_is_reported(stale: Path) -> None:
    target = at(stale)
    assert reason(raised(target), target, 3) == (
        "Connection refused: no server listens at this socket"
    )


def test_a_file_or_directory_instead_of_a_socket_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "docker.sock"
    file.touch()
    assert reason(raised(at(file)), at(file), 3) == "this is a file, not a socket."
    assert reason(raised(at(tmp_path)), at(tmp_path), 3) == "this is a folder, not a socket."


def test_other_socket_errors_are_reported_verbatim(tmp_path: Path) -> None:
    target = at(tmp_path / ("x" * 200))
    assert reason(raised(target), target, 3) == "AF_UNIX path too long"


def test_missing_permission_names_the_group_of_the_socket(stale: Path) -> None:
    error = PermissionError(13, "Permission denied")
    assert reason(error, at(stale), 3) == (
        "Permission denied. Use sudo, or become a member of the socket's group: "
        f"`sudo usermod -aG {stale.group()} $USER`, then log in again."
    )


def test_the_default_socket_group_is_docker(tmp_path: Path) -> None:
    error = PermissionError(13, "Permission denied")
    assert "-aG docker $USER" in reason(error, at(tmp_path / "none"), 3)
