"""The cost of requests to a real server: processor time and memory per byte sent."""

import socket
import time
from collections.abc import Iterator

import pytest

from musterd.access.credentials import CredentialFile
from tests.server.support.server_process import ServerProcess, running
from tests.server.support.signing import Key

# The allowed cost of a request: a constant, and more per byte; several times the measurement.
SECONDS = 0.5
SECONDS_PER_BYTE = 2e-6
SECONDS_PER_REQUEST = 1e-3
MEMORY = 48 * 2**20
MEMORY_PER_BYTE = 32
TIMES = 5

LONG = 250_000
HOST = b"Host: 127.0.0.1\r\n"
CHUNKED = b"POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def get(target: bytes, *headers: bytes) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + b"\r\n"


HOSTILE = {
    "a path of slashes": get(b"/" * LONG),
    "a path of dots": get(b"/.." * (LONG // 3)),
    "a path of escapes": get(b"/" + b"%2f" * (LONG // 3)),
    "a path of bad escapes": get(b"/" + b"%zz" * (LONG // 3)),
    "a path of many segments": get(b"/a" * (LONG // 2)),
    "a name of an image": get(b"/images/" + b"a/" * (LONG // 2) + b"json"),
    "a version of digits": get(b"/v" + b"1" * LONG + b"/images/json"),
    "a version of dots": get(b"/v" + b"." * LONG + b"/images/json"),
    "a version of numbers": get(b"/v" + b"1." * (LONG // 2) + b"/images/json"),
    "a query of ampersands": get(b"/images/json?" + b"&" * LONG),
    "a query of parameters": get(b"/images/json?" + b"all=1&" * (LONG // 6)),
    "a query of different parameters": get(
        b"/images/json?" + b"".join(b"%d=&" % number for number in range(40_000))
    ),
    "a query of semicolons": get(b"/images/json?" + b";" * LONG),
    "a query of escapes": get(b"/images/json?all=" + b"%41" * (LONG // 3)),
    "a query of no UTF-8": get(b"/images/json?all=" + b"%ff" * (LONG // 3)),
    "a long truth": get(b"/images/json?all=" + b"+" * LONG),
    "a long host": b"GET / HTTP/1.1\r\nHost: " + b"a." * (LONG // 2) + b"\r\n\r\n",
    "a host of ports": b"GET / HTTP/1.1\r\nHost: a" + b":80" * (LONG // 3) + b"\r\n\r\n",
    "a long origin": get(b"/", b"Origin: " + b"x" * LONG + b"\r\n"),
    "codings": get(b"/images/json", b"Accept-Encoding: " + b"gzip;q=0.1," * (LONG // 11) + b"\r\n"),
    "entity tags": get(b"/images/json", b"If-None-Match: " + b'W/"x",' * (LONG // 6) + b"\r\n"),
    "open entity tags": get(b"/images/json", b"If-None-Match: " + b'"' * LONG + b"\r\n"),
    "headers": get(b"/images/json", b"a:b\r\n" * (LONG // 5)),
    "200 long headers": get(b"/images/json", *[b"a: " + b"b" * 1000 + b"\r\n"] * 199),
    "empty lines": b"\r\n" * LONG,
    "no HTTP": b"\x16\x03\x01" * LONG,
    "a method": b"A" * LONG,
    "chunks of one byte": CHUNKED + b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n",
    "extensions": CHUNKED + b"1;" + b"a=b;" * 60_000 + b"\r\nx\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"0\r\n" + b"a:b\r\n" * 50_000 + b"\r\n",
    "pipelined requests": get(b"/_ping") * 3000,
    "pipelined listings": get(b"/images/json") * 3000,
    "authorization": get(b"/", b"Authorization: HYPER-HMAC-SHA256 " + b"Credential=" * 20_000),
}


def send(server: ServerProcess, data: bytes) -> bytes:
    """Send bytes, and return everything received until the connection closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(2**20):
                received += piece
        except OSError:
            # It has refused the rest.
            pass
    return received


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(tmp_path_factory.mktemp("server")) as server:
        assert server.request("GET", "/images/json").status == 200
        yield server


def cost(server: ServerProcess, data: bytes) -> None:
    """Send a request several times, and check the cost."""
    with server.watched() as watch:
        for _ in range(TIMES):
            send(server, data)
    sent = len(data) * TIMES
    requests = data.count(b" HTTP/1.1\r\n") * TIMES
    assert watch.seconds < SECONDS + SECONDS_PER_BYTE * sent + SECONDS_PER_REQUEST * requests
    assert watch.memory < MEMORY + MEMORY_PER_BYTE * sent
    assert server.request("GET", "/_ping").status == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_the_cost_of_a_request_is_proportional_to_its_size(
    server: ServerProcess, name: str
) -> None:
    cost(server, HOSTILE[name])


@pytest.fixture(scope="module")
def closed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServerProcess, Key]]:
    """Give a server that verifies signatures, and an access key whose secret is not known."""
    folder = tmp_path_factory.mktemp("closed")
    file = CredentialFile(folder / "credentials.json")
    known = file.add("default")
    with running(folder, "--credentials", str(file.path)) as server:
        assert server.request("GET", "/_ping").status == 200
        yield server, Key(known.access_key, "guessed")


def signed(
    key: Key, target: str, *headers: tuple[str, str], names: list[str] | None = None
) -> bytes:
    """Return a request with a known access key and a wrong signature."""
    made = key.sign(target, at=time.time(), host="127.0.0.1", headers=dict(headers))
    if names is not None:
        before, _, after = made["authorization"].partition("SignedHeaders=")
        made["authorization"] = f"{before}SignedHeaders={';'.join(names)},{after.partition(',')[2]}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in made.items())
    return f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode()


REQUIRED = ["host", "x-hyper-content-sha256", "x-hyper-date"]


@pytest.mark.parametrize(
    "name", ["names twice", "names and headers", "64 names", "query", "path", "body"]
)
def test_the_cost_of_verifying_a_signature_is_bounded(
    closed: tuple[ServerProcess, Key], name: str
) -> None:
    server, key = closed
    many = tuple((f"a{number}", "x" * 1000) for number in range(60))
    data = {
        "names twice": lambda: signed(key, "/", names=REQUIRED + ["host"] * 800),
        "names and headers": lambda: (
            signed(key, "/", names=REQUIRED + ["a"] * 800)[:-2] + b"a:b\r\n" * 30_000 + b"\r\n"
        ),
        "64 names": lambda: signed(key, "/", *many),
        "query": lambda: signed(key, "/?" + "%41=%42&" * (LONG // 8)),
        "path": lambda: signed(key, "/%41" * (LONG // 4)),
        "body": lambda: signed(key, "/")[:-2] + b"Content-Length: 1000000\r\n\r\n" + bytes(10**6),
    }[name]()
    cost(server, data)


def test_guessing_clients_do_not_block_others(closed: tuple[ServerProcess, Key]) -> None:
    server, key = closed
    for _ in range(70):
        send(server, signed(key, "/images/json"))
    assert b" 429 " in send(server, signed(key, "/images/json")).partition(b"\r\n")[0]
    assert server.request("GET", "/_ping").status == 200
