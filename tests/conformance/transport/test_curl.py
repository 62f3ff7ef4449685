from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from muster.model.exchange import Request
from muster.model.forgery import Forgery
from muster.model.query import Query
from muster.transport.curl import CurlOptions, commands, curl
from muster.transport.target import Target
from tests.conformance.support.servers import PATIENCE, VERSION, Served

TCP = Target("http", "h", 2375)
TLS = Target("https", "h", 2376)
START = "curl -q --noproxy '*' -sS"


@pytest.mark.parametrize(
    ("target", "request_", "line"),
    [
        (TCP, Request("/images/json"), f"{START} -i http://h:2375/v1.23/images/json"),
        (
            TCP,
            Request("/images/json?all=1", absolute=True),
            (
                f"{START} -i --request-target 'http://h:2375/v1.23/images/json?all=1'"
                " 'http://h:2375/v1.23/images/json?all=1'"
            ),
        ),
        (
            TCP,
            Request("/images/json?all=1&filter=it's", version=""),
            f"{START} -i 'http://h:2375/images/json?all=1&filter=it'\"'\"'s'",
        ),
        (
            TCP,
            Query(all=True, filters={"label": ["k=v"]}).request(),
            (
                f"{START} -i --get --data-urlencode all=1"
                """ --data-urlencode 'filters={"label":["k=v"]}' http://h:2375/v1.23/images/json"""
            ),
        ),
        (
            Target("https", "::1", 443, base="/x"),
            Request("/images/json", method="HEAD", version="/v9.99"),
            f"{START} -I --http1.1 'https://[::1]/x/v9.99/images/json'",
        ),
        (
            Target("unix", socket="/run/my docker.sock"),
            Request("/images/json", headers=(("X-A", "b"), ("X-C", "d"))),
            (
                f"{START} -i --unix-socket '/run/my docker.sock' -H 'X-A: b' -H 'X-C: d'"
                " http://localhost/v1.23/images/json"
            ),
        ),
        (
            TCP,
            Request("/images/x/tag?repo=a%2Fb&tag=c", method="POST"),
            f"{START} -i -X POST 'http://h:2375/v1.23/images/x/tag?repo=a%2Fb&tag=c'",
        ),
        (
            TCP,
            Request("/images/../json?a[]=1"),
            f"{START} -i --path-as-is -g 'http://h:2375/v1.23/images/../json?a[]=1'",
        ),
    ],
)
def test_a_request_is_shown_as_a_curl_command(target: Target, request_: Request, line: str) -> None:
    assert curl(target, VERSION, request_) == line


def test_the_curl_command_uses_the_tls_options_of_the_suite() -> None:
    options = CurlOptions(cacert="ca.pem", cert="cert.pem", key="my key.pem", insecure=True)
    assert curl(TLS, VERSION, Request("/images/json"), options) == (
        f"{START} -i --http1.1 --cacert ca.pem --cert cert.pem --key 'my key.pem' --insecure"
        " https://h:2376/v1.23/images/json"
    )
    assert "--cert" not in curl(TCP, VERSION, Request("/images/json"), options)


def test_the_curl_command_has_variables_for_credentials() -> None:
    asked = Request("/images/json", headers=(("Authorization", "Basic eA=="),))
    line = curl(TCP, VERSION, asked, CurlOptions(headers=("X-Token",)))
    assert line == (
        f'{START} -i -H "Authorization: $MUSTER_AUTHORIZATION" -H "X-Token: $MUSTER_X_TOKEN"'
        " http://h:2375/v1.23/images/json"
    )


def test_signed_requests_have_no_curl_command() -> None:
    asked = [Request("/images/json"), Request("/images/json?all=1")]
    assert len(commands(TCP, VERSION, asked)) == 2
    assert commands(TCP, VERSION, asked, CurlOptions(signed=True)) == ()


def test_deliberately_unsigned_requests_have_a_curl_command() -> None:
    unsigned = Request("/images/json", forgery=Forgery(unsigned=True))
    assert commands(TCP, VERSION, [unsigned], CurlOptions(signed=True)) == (
        curl(TCP, VERSION, Request("/images/json")),
    )
    assert commands(TCP, VERSION, [unsigned, Request("/x")], CurlOptions(signed=True)) == ()


def same(line: str) -> str:
    """*line* with the hexadecimal digits of escapes in upper case: curl 7.88 writes lower ones."""
    return re.sub("%[0-9a-fA-F]{2}", lambda escape: escape[0].upper(), line)


@pytest.mark.usefixtures("curl_program")
@pytest.mark.parametrize("over", ["tcp", "unix"])
@pytest.mark.parametrize(
    "asked",
    [
        Query(filters={"label": ['it\'s {a,b}[1-3]="ключ" %zz $HOME `id` \\']}).request(),
        Query(all=True, filters={"label": ['it\'s{a,b}[1-3]="ключ"%zz$HOME`id`\\@x']}).request(),
        Query(filter="@/etc/passwd").request(),
        Request("/images/json?"),
        Request("/images/json?filters=%zz"),
        Request("/images/json?a=%fe"),
        Request("/images/json?a=%7B&b"),
        Request("/images/json?a=%7B&b=%0a"),
        Request("/images/json?a=%41"),
        Request("//images/../json/.?a={b}[1]&c='$x'"),
        Request("/images/json", method="HEAD", version="/v9.99"),
    ],
    ids=lambda request: request.target[:30],
)
def test_the_curl_command_sends_the_exact_request(
    asked: Request, over: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: Served = request.getfixturevalue(over)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    line = curl(server.target, VERSION, asked)
    ended = subprocess.run(
        ["/bin/sh", "-c", line], check=True, capture_output=True, text=True, timeout=PATIENCE
    )
    segment = "/v1.23" if asked.version is None else asked.version
    sent = server.seen[-1]
    assert same(sent) == same(f"{asked.method} {segment}{asked.target} HTTP/1.1")
    assert ended.stdout.startswith("HTTP/1.1 ")
    assert ended.stderr == ""
    assert shlex.split(line)[0] == "curl"


@pytest.mark.usefixtures("curl_program")
def test_the_users_curl_configuration_is_ignored(
    tcp: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".curlrc").write_text('request = "DELETE"\n')
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    line = curl(tcp.target, VERSION, Request("/images/json"))
    subprocess.run(["/bin/sh", "-c", line], check=True, capture_output=True, timeout=PATIENCE)
    assert tcp.seen[-1] == "GET /v1.23/images/json HTTP/1.1"
