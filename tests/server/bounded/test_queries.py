"""The cost of queries to a real server: processor time and memory per byte sent."""

import json
import socket
import string
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.storage import catalogue
from tests.server.support.archives import several
from tests.server.support.server_process import ServerProcess, running

# What a query may cost about the images below: some for any, and more for each of its bytes. About
# five times what the worst of them do.
SECONDS = 0.5
SECONDS_PER_BYTE = 0.5 / 2**14
MEMORY = 32 * 2**20
MEMORY_PER_BYTE = 256

IMAGES = 5000
CONFIG = 2**20
# Names of maximal length that are hard for patterns.
LONG = "a" * 254


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with running(folder) as server:
        with closing(catalogue.open_store(f"sqlite:///{folder}/catalogue.db")) as store:
            store.put([image(number) for number in range(IMAGES)])
        yield server


def image(number: int) -> Image:
    # Fifty have a config, of all together 50 MiB.
    has_config = number < 50
    repository = (
        f"{LONG}{number % 10}" if number % 50 == 0 else f"registry.example.com/a/b-{number}"
    )
    return Image(
        id=f"sha256:{number:064x}",
        parent=None,
        created=1_500_000_000 + number,
        size=1,
        virtual_size=1,
        labels={f"label-{key}": "x" * 50 for key in range(5)},
        tags=(Reference(repository, f"{number}"),),
        config=b'{"comment":"%s"}' % (b"x" * CONFIG) if has_config else None,
    )


def asking(**conditions: object) -> str:
    return "/images/json?" + urlencode({"filters": json.dumps(conditions)}, quote_via=quote)


def numbered(pattern: str, count: int) -> list[str]:
    return [pattern.format(number) for number in range(count)]


STARS = "*a" * 2000
HOSTILE = {
    # Refused: they are beyond the limits.
    "62 KB of patterns": asking(reference=numbered("*{:04}*x", 2200)),
    "a set of 20,000 ranges": asking(reference=["[" + "a-z" * 19_000 + "]*"]),
    "3,000 images to compare with": asking(before=numbered("a:{}", 3000)),
    "an until of 5,000 digits": asking(until=["9" * 5000]),
    "an until of 5,000 hours' digits": asking(until=["9" * 5000 + "h"]),
    "many labels": asking(label=numbered("label-{}", 2500)),
    "deep lists": "/images/json?filters=" + "[" * 60_000,
    "deep objects": "/images/json?filters=" + quote('{"a":') * 4600,
    "a long number": "/images/json?filters=" + "9" * 60_000,
    "a long exponent": "/images/json?filters=1e" + "9" * 60_000,
    "a long parameter": "/images/json?all=" + "1" * 60_000,
    "a parameter many times": "/images/json?" + "all=1&" * 10_000,
    "many parameters": "/images/json?" + "&".join(numbered("p{}", 9_000)),
    "nothing but ampersands": "/images/json?" + "&" * 60_000,
    "many escapes": "/images/json?filters=" + "%41" * 20_000,
    "a bad escape at the end": "/images/json?filters=" + "%41" * 20_000 + "%4",
    "a long filter": "/v1.23/images/json?filter=" + "*a" * 30_000,
    "a long name": f"/images/{'a' * 60_000}/json",
    "a name of many parts": f"/images/{'a/' * 30_000}a/json",
    "a name of many dots": f"/images/{'a.' * 30_000}a/json",
    "a name of many dashes": f"/images/a{'-' * 60_000}/json",
    "a path of many dots": "/" + "../" * 20_000,
    "a long version": f"/v{'1.' * 30_000}/images/json",
    # As much as the limits allow.
    "stars": asking(reference=[STARS + "b"]),
    "stars and a slash": asking(reference=["*[/a]" * 800 + "b"]),
    "stars of several": asking(reference=numbered("*a*{:02}*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", 99)),
    "question marks": asking(reference=["*" + "?" * 4000]),
    "ranges": asking(reference=["*[" + "a-z" * 1360 + "]b"]),
    "negated sets": asking(reference=["*[^b]" * 800]),
    "stars in the oldest form": "/v1.23/images/json?filter=" + quote(STARS + "b"),
    "literals": asking(reference=numbered("registry.example.com/a/b-{}", 100)),
    "older than 99 images": asking(before=[f"{number:064x}" for number in range(1, 100)]),
    "newer than 99 images": asking(since=[f"{number:064x}" for number in range(1, 100)]),
    "99 times": asking(
        until=[f"2020-01-01T00:00:00.{'1' * 90}{number:02}Z" for number in range(99)]
    ),
    "99 labels": asking(label=numbered("label-0=" + "x" * 49 + "{:02}", 99)),
    "long labels": asking(label=["x" * 16_000]),
    "shared sizes": "/v1.42/images/json?shared-size=1&all=1",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_cost_of_a_query_is_proportional_to_its_size(server: ServerProcess, name: str) -> None:
    target = HOSTILE[name]
    # Warm the caches first.
    server.request("GET", "/images/json?all=1")
    with server.watched() as cost:
        answer = server.request("GET", target)
    assert answer.status in (200, 301, 400, 404)
    assert cost.seconds < SECONDS + SECONDS_PER_BYTE * len(target)
    assert cost.memory < MEMORY + MEMORY_PER_BYTE * len(target)
    with server.watched() as cost:
        assert server.request("GET", "/images/json?filter=a").status == 200
    assert cost.seconds < 1


def test_inspect_and_info_read_only_what_they_show(server: ServerProcess) -> None:
    targets = ["/info", "/images/registry.example.com/a/b-60:60/json", "/images/nosuch/json"] * 8
    with server.watched() as cost, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda target: server.request("GET", target), targets))
    assert {answer.status for answer in answers} == {200, 404}
    assert json.loads(answers[0].body)["Images"] == IMAGES
    # All configs together would take 50 MiB for each request.
    assert cost.memory < 16 * 2**20
    assert cost.seconds < 2


def test_made_up_versions_are_not_cached(server: ServerProcess) -> None:
    def ask(number: int) -> int:
        zeros = "0" * 60_000
        return server.request("GET", f"/v1.{number}.{zeros}/images/json").status

    assert ask(23) == 400
    with server.watched() as cost:
        assert {ask(number) for number in range(24, 224)} == {400}
    assert cost.memory < 32 * 2**20


def test_made_up_queries_do_not_fill_the_memory(tmp_path: Path) -> None:
    with running(tmp_path, "--response-cache", "4M") as server:
        filler = string.ascii_letters * 300

        def ask(number: int) -> int:
            return server.request("GET", f"/images/json?all={number}&x={filler}").status

        assert ask(0) == 200
        # The process that reads archives starts in the background; its memory counts too.
        assert server.load(several(("a", ["a:1"], None))).status == 200
        with server.watched() as cost:
            assert {ask(number) for number in range(1000)} == {200}
        # They are 16 MB together, and the cache may have 4.
        assert cost.memory < 12 * 2**20


def test_work_for_disconnected_clients_ends(tmp_path: Path) -> None:
    """Clients send slow queries and reset their connections; one client stays."""
    target = HOSTILE["stars of several"]
    with running(tmp_path) as server:
        with closing(catalogue.open_store(f"sqlite:///{tmp_path}/catalogue.db")) as store:
            store.put([image(number) for number in range(20_000)])
        with server.watched() as one:
            assert server.request("GET", target).status == 200
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        with server.watched() as all_:
            for number, client in enumerate(clients):
                head = f"GET {target}&x={number} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                client.sendall(head.encode())
            time.sleep(0.1)
            for client in clients:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            assert server.request("GET", target + "&stays=1").status == 200
            time.sleep(one.seconds)
        # Those that had begun went on to the next look at the clock.
        assert all_.seconds < 8 * one.seconds
