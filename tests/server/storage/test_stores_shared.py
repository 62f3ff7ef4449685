"""Several processes that share one catalogue."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from musterd.archives import reader
from musterd.images.image import Image, Layer
from musterd.storage import catalogue

MakeImage = Callable[..., Image]

TAGS = ("z:1", "y:1", "z:0")
FILES = ("seed.json", "fixtures.tar.xz")
# The exact one of `Created` 1000003.
MOMENT = "1970-01-12T13:46:43.000000001Z"
COMMAND = Path(sys.executable).with_name("musterd")


def run(*arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [COMMAND, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@contextmanager
def serving(url: str) -> Iterator[int]:
    """Run a server; gives its port."""
    command = [COMMAND, "serve", "--db", url, "--listen", "tcp://127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.terminate()
        process.communicate(timeout=10)


def ask(port: int, method: str, target: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, answer.read()


def tags(port: int) -> list[str]:
    status, body = ask(port, "GET", "/v1.23/images/json?all=1")
    assert status == 200
    return sorted(tag for image in json.loads(body) for tag in image["RepoTags"])


def a_listing(*names: str) -> str:
    return json.dumps(
        [
            {"Id": f"{number:064x}", "Created": number, "Size": 1, "RepoTags": [name]}
            for number, name in enumerate(names)
        ]
    )


@pytest.fixture
def servers(shared_url: str) -> Iterator[list[int]]:
    """Start two servers at once on a catalogue that does not exist yet; return their ports."""
    with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        yield list(threads.map(lambda _: stack.enter_context(serving(shared_url)), range(2)))


def test_a_write_shows_in_the_next_response_of_every_process(
    servers: list[int], shared_url: str
) -> None:
    for names in (["a:1"], ["b:1", "c:1"], ["c:2", "a:1"]):
        run("import", "-", "--db", shared_url, text=a_listing(*names))
        assert [tags(port) for port in servers] == [sorted(names)] * 2
    for number, port in enumerate(servers):
        assert ask(port, "POST", f"/images/a:1/tag?repo=new&tag={number}")[0] == 201
        named = ["a:1", "c:2", *(f"new:{each}" for each in range(number + 1))]
        assert [tags(each) for each in servers] == [named] * 2
    assert ask(servers[0], "DELETE", "/images/new:1")[0] == 200
    assert [tags(port) for port in servers] == [["a:1", "c:2", "new:0"]] * 2
    exported = json.loads(run("export", "--db", shared_url))
    assert sorted(tag for image in exported for tag in image["RepoTags"]) == tags(servers[0])


def test_importers_and_servers_do_not_interfere(servers: list[int], shared_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        imports = [
            threads.submit(run, "import", "-", "--db", shared_url, text=a_listing(f"x:{number}"))
            for number in range(4)
        ]
        answers = [threads.submit(tags, servers[number % 2]) for number in range(40)]
    assert all("1 image imported" in each.result() for each in imports)
    # An import is seen whole or not at all, never an image without its tag.
    assert all(len(each.result()) in (0, 1) for each in answers)
    assert len(tags(servers[0])) == 1


def by_id(images: list[Image]) -> dict[str, Image]:
    """Return the images, with their names sorted where their order means nothing."""
    return {
        image.id: replace(
            image,
            tags=image.tags if image.own_order else tuple(sorted(image.tags, key=str)),
            digests=tuple(sorted(image.digests, key=str)),
        )
        for image in images
    }


def test_an_export_transfers_everything_to_another_kind_of_store(
    shared_url: str, tmp_path: Path, data: Path, make_image: MakeImage
) -> None:
    layers = (Layer(f"sha256:{1:064x}", 2**40), Layer(f"sha256:{2:064x}", 0))
    digest = f"sha256:{3:064x}"
    images = [
        make_image(1, labels={"NUL": "\0", "ключ": "★", "": ""}, tags=TAGS, own_order=True),
        make_image(2, parent=1, labels={}, digests=[f"z@{digest}", f"y@{digest}"]),
        make_image(3, config=b'{"os": "\xd0\xba"}', layers=layers, created_text=MOMENT),
        make_image(4, has_config=False, layers=(), shared_size=0, containers=2),
    ]
    other = f"sqlite:///{tmp_path}/other.db"
    with closing(catalogue.open_store(other)) as store:
        for some in (*(reader.read(str(data / name)) for name in FILES), images):
            store.put(some)
        before = store.images()
    run("import", "-", "--db", shared_url, text=run("export", "--db", other))
    with closing(catalogue.open_store(shared_url)) as store:
        after = store.images()
    assert by_id(after) == by_id(before)
