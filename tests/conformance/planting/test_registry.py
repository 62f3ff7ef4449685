from __future__ import annotations

import http.client
import json
import socket
import ssl

import pytest

from muster.errors import UsageError
from muster.planting.registry import Contents, Document, parse, serve

MANIFEST = Document("application/vnd.docker.distribution.manifest.v2+json", b'{"a":1}')
BLOB = b"\x00blob"
CONTENTS = Contents(
    {("a/b", "1"): MANIFEST, ("a/b", MANIFEST.digest): MANIFEST},
    {Document("", BLOB).digest: BLOB},
)


def asked(address: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_registry_identifies_itself(path: str) -> None:
    assert CONTENTS.answer(path).status == 200


@pytest.mark.parametrize("reference", ["1", MANIFEST.digest])
def test_manifests_are_found_by_tag_and_digest(reference: str) -> None:
    answer = CONTENTS.answer(f"/v2/a/b/manifests/{reference}")
    assert (answer.status, answer.body) == (200, MANIFEST.data)
    assert answer.headers == {
        "Content-Type": MANIFEST.media_type,
        "Docker-Content-Digest": MANIFEST.digest,
    }


def test_blobs_are_found_by_digest_in_every_repository() -> None:
    answer = CONTENTS.answer(f"/v2/any/blobs/{Document('', BLOB).digest}")
    assert (answer.status, answer.body) == (200, BLOB)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v2/a/b/manifests/2", "MANIFEST_UNKNOWN"),
        ("/v2/b/manifests/1", "MANIFEST_UNKNOWN"),
        ("/v2/a/b/blobs/sha256:0", "BLOB_UNKNOWN"),
        ("/v2/_catalog", "NAME_UNKNOWN"),
        ("/", "NAME_UNKNOWN"),
    ],
)
def test_missing_content_gets_an_error_of_the_specification(path: str, code: str) -> None:
    answer = CONTENTS.answer(path)
    assert answer.status == 404
    assert json.loads(answer.body)["errors"][0]["code"] == code


def test_the_registry_serves_get_and_head_on_a_free_port() -> None:
    with serve(CONTENTS, "127.0.0.1:0") as address:
        assert address.startswith("127.0.0.1:")
        path = "/v2/a/b/manifests/1"
        status, headers, body = asked(address, f"{path}?ns=x")
        assert (status, body) == (200, MANIFEST.data)
        assert headers["Docker-Distribution-Api-Version"] == "registry/2.0"
        assert asked(address, path, "HEAD") == (status, headers, b"")
    with pytest.raises(ConnectionRefusedError):
        asked(address, "/v2/")


def test_the_registry_is_read_only() -> None:
    with serve(CONTENTS, "127.0.0.1:0") as address:
        assert asked(address, "/v2/a/b/manifests/1", "PUT")[0] == 501
        assert asked(address, "/v2/a/b/manifests/1", "DELETE")[0] == 501


def test_a_tls_client_gets_a_plain_http_response() -> None:
    """Containerd tries TLS first, and plain HTTP only after an answer that begins with HTTP/."""
    with serve(CONTENTS, "127.0.0.1:0") as address:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port))) as client:
            client.settimeout(10)
            hello = ssl.MemoryBIO()
            session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello)
            with pytest.raises(ssl.SSLWantReadError):
                session.do_handshake()
            client.sendall(hello.read() + b"\n")
            assert client.recv(12) == b"HTTP/1.1 400"


def test_a_client_that_hangs_up_does_not_disturb_the_registry(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with serve(CONTENTS, "127.0.0.1:0") as address:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET /v2/ HT")
        assert asked(address, "/v2/")[0] == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("address", "parsed"),
    [("127.0.0.1:5055", ("127.0.0.1", 5055)), ("[::1]:0", ("[::1]", 0)), ("a:65535", ("a", 65535))],
)
def test_an_address_has_a_host_and_a_port(address: str, parsed: tuple[str, int]) -> None:
    assert parse(address) == parsed


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1", ":5055", "a:", "a:b", "a:65536", "a:-1", "a:²"]
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="write HOST:PORT"):
        parse(address)


def test_an_address_of_another_machine_is_refused() -> None:
    with (
        pytest.raises(UsageError, match=r"cannot listen there .* Name an address of this machine"),
        serve(CONTENTS, "192.0.2.1:0"),
    ):
        pytest.fail("it was served")
