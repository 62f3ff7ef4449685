"""Usable and unusable certificates, and TLS connections."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from musterd.errors import ServeError
from musterd.http.server import serve
from musterd.http.sockets import TcpAddress, UnixAddress
from musterd.http.tls import Certificates
from tests.server.support import certificates
from tests.server.support.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return certificates.authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def pair(authority: Authority) -> tuple[Path, Path]:
    return authority.sign("server")


@pytest.fixture(scope="module")
def client_pair(authority: Authority) -> tuple[Path, Path]:
    return authority.sign("client")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def served(
    tmp_path: Path, made: Certificates | None, talk: Callable[[TcpAddress, Path], Any]
) -> list[Any]:
    """Serve over TCP and a Unix socket, and return what *talk* does, or raises."""
    said: list[Any] = []
    announced: list[Any] = []

    def run() -> None:
        try:
            said.append(talk(announced[0], announced[1].path))
        except OSError as error:
            said.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    def announce(where: Any) -> None:
        announced.append(where)
        if len(announced) == 2:
            threading.Thread(target=run).start()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await Response(scope["scheme"])(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    addresses = [TcpAddress("127.0.0.1", 0), UnixAddress(tmp_path / "s")]
    serve(app, addresses, announce, tls=made)
    return said


def get(connection: http.client.HTTPConnection) -> bytes:
    with closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().read()


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.root)


def test_tcp_is_encrypted_and_a_unix_socket_is_not(
    authority: Authority, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    def talk(where: TcpAddress, path: Path) -> tuple[bytes, bytes]:
        plain = http.client.HTTPConnection("x")
        plain.sock = socket.socket(socket.AF_UNIX)
        plain.sock.connect(os.fspath(path))
        secret = http.client.HTTPSConnection(where.host, where.port, context=trusting(authority))
        return get(secret), get(plain)

    assert served(tmp_path, Certificates(*pair, None), talk) == [(b"https", b"http")]


@pytest.mark.parametrize("protocols", [None, ["http/1.1"], ["h2", "http/1.1"]])
def test_http_1_1_is_used_with_or_without_alpn(
    authority: Authority, pair: tuple[Path, Path], tmp_path: Path, protocols: list[str] | None
) -> None:
    def talk(where: TcpAddress, _: Path) -> tuple[str | None, bytes]:
        context = trusting(authority)
        if protocols is not None:
            context.set_alpn_protocols(protocols)
        with (
            socket.create_connection((where.host, where.port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secret,
        ):
            secret.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return secret.selected_alpn_protocol(), secret.makefile("rb").read()

    [(chosen, answer)] = served(tmp_path, Certificates(*pair, None), talk)
    assert chosen == (protocols and "http/1.1")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_1_2_is_the_minimum(
    authority: Authority, pair: tuple[Path, Path], tmp_path: Path, version: str, *, accepted: bool
) -> None:
    def talk(where: TcpAddress, _: Path) -> str | None:
        context = trusting(authority)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        # Or the client itself would not try.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with (
            socket.create_connection((where.host, where.port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secret,
        ):
            return secret.version()

    [said] = served(tmp_path, Certificates(*pair, None), talk)
    assert (said == version.replace("_", ".")) is accepted
    assert isinstance(said, ssl.SSLError) is not accepted


def test_client_certificates_are_required_if_roots_are_configured(
    authority: Authority,
    pair: tuple[Path, Path],
    client_pair: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    other = certificates.authority(tmp_path / "other").sign("stranger")

    def ask(certificate: tuple[Path, Path] | None) -> Any:
        def talk(where: TcpAddress, _: Path) -> bytes:
            context = trusting(authority)
            if certificate is not None:
                context.load_cert_chain(*certificate)
            return get(http.client.HTTPSConnection(where.host, where.port, context=context))

        return served(tmp_path, Certificates(*pair, authority.root), talk)[0]

    assert ask(client_pair) == b"https"
    for stranger in (None, other):
        assert isinstance(ask(stranger), OSError)


def test_the_key_may_be_in_the_certificate_file(pair: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(pair[0].read_bytes() + pair[1].read_bytes())
    assert Certificates(both, None, None).context.verify_mode is ssl.CERT_NONE


class TestUnusableCertificates:
    def test_a_missing_certificate_is_refused(
        self, pair: tuple[Path, Path], tmp_path: Path
    ) -> None:
        with pytest.raises(ServeError, match=r"^cannot use the certificate /.*: No such file or"):
            Certificates(tmp_path / "nowhere", pair[1], None)

    def test_a_file_without_a_certificate_or_key_is_refused(
        self, pair: tuple[Path, Path], tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_text("hello")
        for certificate, key in ((tmp_path / "x", pair[1]), (pair[0], tmp_path / "x")):
            with pytest.raises(ServeError, match=r"^cannot use the certificate /.*: "):
                Certificates(certificate, key, None)

    def test_a_mismatched_key_is_refused(
        self, pair: tuple[Path, Path], client_pair: tuple[Path, Path]
    ) -> None:
        with pytest.raises(ServeError, match=r": key values mismatch$"):
            Certificates(pair[0], client_pair[1], None)

    def test_a_key_with_a_password_is_refused(
        self, pair: tuple[Path, Path], tmp_path: Path
    ) -> None:
        locked = tmp_path / "locked.pem"
        subprocess.run(
            ["openssl", "rsa", "-in", pair[1], "-aes256", "-passout", "pass:x", "-out", locked],
            check=True,
            capture_output=True,
        )
        with pytest.raises(ServeError, match=r"^the private key has a password; give one without"):
            Certificates(pair[0], locked, None)

    @pytest.mark.parametrize("text", [None, "hello", ""])
    def test_invalid_client_roots_are_refused(
        self, pair: tuple[Path, Path], tmp_path: Path, text: str | None
    ) -> None:
        if text is not None:
            (tmp_path / "roots").write_text(text)
        with pytest.raises(ServeError, match=r"^cannot use the roots of clients in /.*: \w"):
            Certificates(*pair, tmp_path / "roots")


class TestSighup:
    def hang_up(self, made: Certificates | None, tmp_path: Path) -> None:
        def talk(_where: TcpAddress, _path: Path) -> None:
            os.kill(os.getpid(), signal.SIGHUP)

        before = signal.getsignal(signal.SIGHUP)
        served(tmp_path, made, talk)
        assert signal.getsignal(signal.SIGHUP) is before

    def test_sighup_reloads_the_certificate_files(
        self, pair: tuple[Path, Path], tmp_path: Path
    ) -> None:
        made = Certificates(*pair, None)
        before = made.context
        self.hang_up(made, tmp_path)
        assert made.context is not before

    def test_unusable_certificates_keep_the_current_ones(
        self, pair: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        certificate = tmp_path / "certificate.pem"
        certificate.write_bytes(pair[0].read_bytes())
        made = Certificates(certificate, pair[1], None)
        before = made.context
        certificate.unlink()
        self.hang_up(made, tmp_path)
        assert made.context is before
        [said] = caplog.messages
        assert said.endswith("No such file or directory; the server goes on with those it has")

    def test_sighup_does_nothing_without_certificates(self, tmp_path: Path) -> None:
        self.hang_up(None, tmp_path)
