"""The server's connections and content codings, as seen by curl."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from .support import reference_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTING = "/v1.23/images/json"


@pytest.fixture(scope="module")
def server(curl_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a musterd of this module's own answers, which curl asks."""
    assert curl_program
    sample = json.loads(resources.files("musterd").joinpath("sample.json").read_bytes())
    with reference_server.serving(sample, tmp_path_factory.mktemp("server")) as address:
        yield address.replace("tcp://", "http://")


def curl(*arguments: str | Path) -> bytes:
    command = ["curl", "--silent", "--show-error", "--fail", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def saying(text: str, *arguments: str | Path) -> str:
    """Return what curl's `--write-out` prints for *text*, without the bodies."""
    return curl("--write-out", text, *arguments).decode()


def test_one_connection_serves_many_requests(server: str) -> None:
    urls = [word for _ in range(4) for word in (server + LISTING, "--output", "/dev/null")]

    assert saying("%{num_connects}", *urls) == "1000"


def test_a_connection_is_closed_on_request(server: str) -> None:
    urls = [word for _ in range(2) for word in (server + LISTING, "--output", "/dev/null")]

    assert saying("%{num_connects}", "--header", "Connection: close", *urls) == "11"
    assert saying("%{num_connects}", "--http1.0", *urls) == "11"


def test_nothing_is_compressed_unless_requested(server: str, tmp_path: Path) -> None:
    said = saying("%header{content-encoding}", server + LISTING, "--output", tmp_path / "body")

    assert said == ""
    assert json.loads((tmp_path / "body").read_bytes())


@pytest.mark.parametrize("version", ["1.23", "1.55"])
def test_a_compressed_response_decodes_to_the_same_content(server: str, version: str) -> None:
    url = f"{server}/v{version}/images/json?all=1"
    plain = curl(url)

    head, _, body = curl("--include", "--compressed", url).partition(b"\r\n\r\n")
    assert b"content-encoding: " in head.lower()
    assert body == plain
    taken = int(saying("%{size_download}", "--compressed", url, "--output", "/dev/null"))
    assert taken < len(plain)


def test_an_unchanged_listing_is_answered_with_304(server: str, tmp_path: Path) -> None:
    tag, body = tmp_path / "tag", tmp_path / "body"
    asking = ("--etag-save", tag, "--etag-compare", tag, server + LISTING, "--output", body)
    tagging = f"{server}/v1.23/images/busybox/tag?repo=curl&tag=new"

    assert saying("%{http_code}", *asking) == "200"
    first = body.read_bytes()
    assert saying("%{http_code} %{size_download}", *asking) == "304 0"
    curl("--request", "POST", tagging)
    assert saying("%{http_code}", *asking) == "200"
    assert body.read_bytes() != first
