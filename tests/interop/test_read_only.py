"""Without --plant the suite only reads, and sends only the requests in docs/connect.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muster.checks.wire import UNREAD_BODY
from muster.transport.target import parse_target
from tests.conformance.support.recording_proxy import Recorder, recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.engines import Daemon

MUSTER = str(Path(sys.executable).with_name("muster"))
PAGE = Path(__file__).parents[2] / "docs" / "connect.md"
ROW = re.compile(r"^\| (GET(?:, HEAD)?) \| (`/.*`) \|", re.MULTILINE)
PARTS = re.compile(r"(\{\w+\})")
SECONDS = 300


def listed() -> list[tuple[str, re.Pattern[str]]]:
    """Methods and paths that the page lists."""
    found = []
    for methods, paths in ROW.findall(PAGE.read_text()):
        for path in re.findall(r"`([^`]+)`", paths):
            parts = [".+" if part[:1] == "{" else re.escape(part) for part in PARTS.split(path)]
            found += [(method, re.compile("".join(parts))) for method in methods.split(", ")]
    return found


def check(proxy: Recorder, *options: str) -> None:
    command = [MUSTER, "check", str(proxy.target), "--max-examples", "10", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def by_id(daemon: Daemon) -> dict[str, Any]:
    """Return the images in an order of their own: those of one second come in any."""
    return {image["Id"]: image for image in daemon.images(all="1")}


def assert_only_listed_requests(proxy: Recorder) -> None:
    assert len(proxy.requests) > 100
    assert {method for method, _ in proxy.requests} == {"GET", "HEAD"}
    assert proxy.bodies == [("HEAD", UNREAD_BODY), ("GET", UNREAD_BODY)]
    absolute = {(method, path) for method, path in proxy.paths if path.startswith("http:")}
    page = listed()
    unlisted = [
        (method, path)
        for method, path in proxy.paths - absolute
        if not any(method == known and form.fullmatch(path) for known, form in page)
    ]
    assert unlisted == []
    assert absolute == {("GET", f"http://{proxy.target.host}:{proxy.target.port}/images/json")}


def test_the_page_lists_the_permitted_requests() -> None:
    assert ("GET", "/_ping") in [(method, form.pattern) for method, form in listed()]
    assert len(listed()) == 18


def test_only_listed_requests_are_sent_to_musterd(
    musterd: Callable[[list[dict[str, Any]]], str],
) -> None:
    sample = json.loads(files("musterd").joinpath("sample.json").read_bytes())
    with recording(parse_target(musterd(sample))) as proxy:
        check(proxy)
    assert_only_listed_requests(proxy)


def test_only_listed_requests_are_sent_to_docker(dockerd: Daemon) -> None:
    before = by_id(dockerd)
    with recording(parse_target(dockerd.url)) as proxy:
        check(proxy)
    assert_only_listed_requests(proxy)
    assert by_id(dockerd) == before


def test_the_proxy_records_modifying_requests(
    musterd: Callable[[list[dict[str, Any]]], str],
) -> None:
    """This proves that the proxy sees modifying requests."""
    sample = json.loads(files("musterd").joinpath("sample.json").read_bytes())
    with recording(parse_target(musterd(sample))) as proxy:
        check(proxy, "--plant", "--only", "PLANT-TAG")
    assert {"POST", "DELETE"} < {method for method, _ in proxy.requests}
    assert proxy.bodies
