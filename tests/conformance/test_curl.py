from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest

from muster.curl import curl
from muster.exchange import Request
from muster.query import Query
from muster.target import Target

from .servers import PATIENCE, VERSION, Served

TCP = Target("http", "h", 2375)


@pytest.mark.parametrize(
    ("target", "request_", "line"),
    [
        (
            TCP,
            Request("/images/json"),
            "curl -sS -i -g --path-as-is http://h:2375/v1.23/images/json",
        ),
        (
            TCP,
            Request("/images/json?all=1&filter=it's", version=""),
            "curl -sS -i -g --path-as-is 'http://h:2375/images/json?all=1&filter=it'\"'\"'s'",
        ),
        (
            Target("https", "::1", 443, base="/x"),
            Request("/images/json", method="HEAD", version="/v9.99"),
            "curl -sS -I -g --path-as-is 'https://[::1]/x/v9.99/images/json'",
        ),
        (
            Target("unix", socket="/run/my docker.sock"),
            Request("/images/json", headers=(("X-A", "b"), ("X-C", "d"))),
            (
                "curl -sS -i -g --path-as-is -H 'X-A: b' -H 'X-C: d'"
                " --unix-socket '/run/my docker.sock' http://localhost/v1.23/images/json"
            ),
        ),
    ],
)
def test_a_request_is_shown_as_a_command_line(target: Target, request_: Request, line: str) -> None:
    assert curl(target, VERSION, request_) == line


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("over", ["tcp", "unix"])
@pytest.mark.parametrize(
    "asked",
    [
        Query(filters={"label": ['it\'s {a,b}[1-3]="ключ" %zz $HOME `id` \\']}).request(),
        Request("/images/json?"),
        Request("/images/json?filters=%zz"),
        Request("//images/../json/.?a={b}[1]&c='$x'"),
        Request("/images/json", method="HEAD", version="/v9.99"),
    ],
    ids=lambda request: request.target[:30],
)
def test_the_command_line_sends_the_request_as_it_is(
    asked: Request, over: str, request: pytest.FixtureRequest
) -> None:
    server: Served = request.getfixturevalue(over)
    line = curl(server.target, VERSION, asked)
    ended = subprocess.run(
        ["/bin/sh", "-c", line], check=True, capture_output=True, text=True, timeout=PATIENCE
    )
    segment = "/v1.23" if asked.version is None else asked.version
    assert server.seen[-1] == f"{asked.method} {segment}{asked.target} HTTP/1.1"
    assert ended.stdout.startswith("HTTP/1.1 ")
    assert ended.stderr == ""
    assert shlex.split(line)[0] == "curl"
