"""The addresses of `musterd serve`, each with its own engine."""

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from musterd.cli import addresses
from musterd.cli.addresses import ServedAddress
from musterd.departures.imitation import Imitation
from musterd.errors import AddressError, ServeError
from musterd.http.by_listener import LISTENER
from musterd.http.sockets import TcpAddress, UnixAddress

SECONDS = 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://127.0.0.1:1", ServedAddress(TcpAddress("127.0.0.1", 1), None)),
        ("docker-28=tcp://127.0.0.1:1", ServedAddress(TcpAddress("127.0.0.1", 1), "docker-28")),
        ("podman-5.8=unix:///a=b", ServedAddress(UnixAddress(Path("/a=b")), "podman-5.8")),
        ("unix:///any=b", ServedAddress(UnixAddress(Path("/any=b")), None)),
    ],
)
def test_an_engine_may_precede_an_address(text: str, expected: ServedAddress) -> None:
    assert addresses.parse(text) == expected


def test_an_invalid_served_address_is_refused() -> None:
    with pytest.raises(ServeError, match=r"^there is no engine 'docker', only any, docker-1\.11"):
        addresses.parse("docker=tcp://127.0.0.1:1")
    for text in ("docker-28", "docker-28=", "docker-28=any=tcp://127.0.0.1:1"):
        with pytest.raises(AddressError, match=r"^cannot listen on .*: write tcp://HOST:PORT or "):
            addresses.parse(text)


def test_engine_options_need_an_address_without_an_engine() -> None:
    named, plain = addresses.parse("any=tcp://127.0.0.1:1"), addresses.parse("tcp://127.0.0.1:1")
    other = Imitation(api_min="1.24")
    addresses.check([named], Imitation())
    addresses.check([named, plain], other)
    with pytest.raises(click.UsageError, match="--api-max and --depart are for addresses without"):
        addresses.check([named], other)
    with pytest.raises(ServeError, match="there is no departure"):
        addresses.check([plain], Imitation(departures=("X",)))


class Named:
    """Builds applications that are their engine's name."""

    def imitating(self, imitation: Imitation) -> Any:
        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            await send(imitation.engine)

        return app


def asked(app: Any, place: int) -> list[str]:
    """Return which engines handle a request at an address."""
    found: list[str] = []

    async def note(engine: str) -> None:
        found.append(engine)

    asyncio.run(app({"type": "http", "state": {LISTENER: place}}, None, note))
    return found


def test_each_address_has_its_engine_and_the_others_share_one_that_can_change() -> None:
    applications: Any = Named()
    texts = ("tcp://127.0.0.1:1", "podman-5.8=tcp://127.0.0.1:2", "tcp://127.0.0.1:3")
    served = [addresses.parse(text) for text in texts]
    app, switch = addresses.application(applications, served, Imitation(engine="docker-28"))
    assert switch is not None
    switch.imitate(Imitation(engine="docker-29"))
    engines = [asked(app, place) for place in range(3)]
    assert engines == [["docker-29"], ["podman-5.8"], ["docker-29"]]


def test_without_other_addresses_nothing_can_change() -> None:
    applications: Any = Named()
    served = [addresses.parse("podman-5.8=tcp://127.0.0.1:2")] * 2
    app, switch = addresses.application(applications, served, Imitation())
    assert switch is None
    assert asked(app, 1) == ["podman-5.8"]


@contextmanager
def serving(*arguments: str) -> Iterator[list[str]]:
    """Run a server; provide the lines that it prints when it is ready."""
    command = (sys.executable, "-P", "-c", "from musterd.cli.main import main; main()")
    process = subprocess.Popen([*command, "serve", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield [process.stdout.readline().strip() for _ in range(arguments.count("--listen"))]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def get(line: str, target: str) -> Any:
    host = re.sub(r".*tcp://", "", line)
    with closing(http.client.HTTPConnection(host, timeout=SECONDS)) as connection:
        connection.request("GET", target)
        return json.loads(connection.getresponse().read())


FREE = "tcp://127.0.0.1:0"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_one_process_serves_several_engines_from_one_catalogue(
    tmp_path: Path, data: Path, workers: str
) -> None:
    db = f"sqlite:///{tmp_path}/x.db"
    command = (sys.executable, "-P", "-c", "from musterd.cli.main import main; main()")
    subprocess.run([*command, "import", data / "seed.json", "--db", db], check=True)
    listen = ("--listen", FREE, "--listen", f"podman-5.8={FREE}", "--listen", f"docker-28={FREE}")
    options = ("--engine", "docker-20.10", "--insecure", "--workers", workers, "--db", db)
    with serving(*listen, *options) as lines:
        assert [line.partition("tcp://")[0] for line in lines] == [
            "musterd: listening on ",
            "musterd: podman-5.8 listening on ",
            "musterd: docker-28 listening on ",
        ]
        newest = [get(line, "/version")["ApiVersion"] for line in lines]
        assert newest == ["1.41", "1.44", "1.51"]
        ids = [{image["Id"] for image in get(line, "/v1.24/images/json")} for line in lines]
        assert len(ids[0]) == 3
        assert ids[0] == ids[1] == ids[2]
        refused = [get(line, "/v1.50/images/json") for line in lines]
        assert ["message" in answer for answer in refused] == [True, False, False]
