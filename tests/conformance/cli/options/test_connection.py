from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muster.model.exchange import Request, Response
from muster.transport.settings import ConnectionOptions
from muster.transport.target import Target
from tests.conformance.support.commands import Muster, in_process
from tests.conformance.support.servers import Answers, Served, served
from tests.conformance.transport.test_docker_contexts import store
from tests.mutants import access
from tests.mutants.access import Guard
from tests.mutants.stand_in import StandIn
from tests.server.support.certificates import Authority, authority

ONE = ("--only", "LIST-ANSWER")
TOKEN = "t0ken-of-this-test"


@pytest.fixture
def muster(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Muster:
    monkeypatch.setenv("HOME", str(tmp_path))
    return in_process(monkeypatch, capsys)


class Knows(StandIn):
    """Requires a token and repeats it in responses; `seen` has the received headers."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, str]] = []

    def answer(self, request: Request) -> Response | None:
        headers = {name.lower(): value for name, value in request.headers}
        self.seen.append(headers)
        if headers.get("x-token") != TOKEN:
            return self.error(403, "who are you?")
        answer = super().answer(request)
        assert answer
        return Response(answer.status, {**answer.headers, "x-token": TOKEN}, answer.body)


# --- headers --------------------------------------------------------------------------------------


def test_headers_reach_the_server_but_not_the_reports(
    muster: Muster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Knows()
    server.images[0]["Labels"] = {"leak": TOKEN, "wrong": 1}
    monkeypatch.setenv("MUSTER_HEADERS", "X-Other: 1\n")
    files = [tmp_path / f"run.{name}" for name in ("json", "html", "junit", "markdown", "sarif")]
    reports = [part for file in files for part in (f"--{file.suffix[1:]}", str(file))]
    with served(server) as there:
        token = ("--header", f"X-Token: {TOKEN}", "--max-examples", "10")
        ended = muster("check", there.target, *token, *reports)
    assert ended.status == 1
    assert {each["x-other"] for each in server.seen} == {"1"}
    written = [ended.out, ended.err, *(file.read_text() for file in files)]
    assert [TOKEN in text for text in written] == [False] * 7
    lines = [
        line
        for result in json.loads(files[0].read_text())["results"]
        for line in result["reproduce"]
    ]
    assert lines
    for line in lines:
        assert '-H "X-Token: $MUSTER_X_TOKEN" -H "X-Other: $MUSTER_X_OTHER"' in line


@pytest.mark.usefixtures("curl_program")
def test_a_printed_curl_command_works_with_the_variables_set(
    muster: Muster, tmp_path: Path
) -> None:
    server = Knows()
    server.images[0]["Labels"] = {"wrong": 1}
    record = tmp_path / "run.json"
    with served(server) as there:
        options = ("--header", f"X-Token: {TOKEN}", "--only", "LIST-SCHEMA", "--json", record)
        assert muster("check", there.target, *options).status == 1
        [result] = json.loads(record.read_text())["results"]
        done = subprocess.run(
            ["sh", "-c", result["reproduce"][0]],
            env={"PATH": "/usr/bin:/bin", "MUSTER_X_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.startswith("HTTP/1.1 200")


def test_a_server_that_refuses_all_access_is_not_accused(muster: Muster) -> None:
    with served(Knows()) as there:
        ended = muster("check", there.target)
    assert ended.status == 3
    assert "does not let muster in. Sign with --hyper-credentials" in ended.err
    assert "LIST-ANSWER" not in ended.out


def test_a_wrong_header_is_refused_without_its_value(muster: Muster) -> None:
    ended = muster("check", "http://h", "--header", f"Authorization {TOKEN}")
    assert ended.status == 2
    assert ended.err == (
        "muster: --header: write 'Name: value'; what was given is not repeated here\n"
    )


# --- how fast, and for how long -------------------------------------------------------------------


def test_the_rate_limit_applies_to_the_whole_run(muster: Muster, tcp: Served) -> None:
    before, began = len(tcp.seen), time.monotonic()
    ended = muster("check", tcp.target, "--rate", "50", "--only", "FUZZ-ALIVE", "--max-examples", 5)
    assert ended.status == 0
    sent = len(tcp.seen) - before
    assert sent > 10
    assert time.monotonic() - began >= (sent - 1) / 50


@pytest.mark.parametrize("options", [(), ("--only", "FUZZ-ALIVE"), ("--plant",)])
def test_requirements_left_unchecked_at_the_time_limit_are_reported(
    muster: Muster, options: tuple[str, ...], tmp_path: Path
) -> None:
    server, record = StandIn(), tmp_path / "run.json"
    images = list(server.images)
    with served(server) as there:
        slow = ("--rate", "20", "--max-time", "0.8", "--json", record, "--max-examples", "10")
        ended = muster("check", there.target, *slow, *options)
    assert ended.status == 3
    assert ended.err == "muster: the 0.8 s of --max-time are over\n"
    assert "NOT FINISHED" in ended.out
    run: dict[str, Any] = json.loads(record.read_text())
    assert run["summary"]["blocked"] > 0
    assert run["summary"]["fail"] == 0
    assert server.images == images, "what was planted is removed also then"


def test_versions_left_unchecked_at_the_time_limit_are_reported(
    muster: Muster, tcp: Served
) -> None:
    ended = muster("check", tcp.target, "--api-version", "1.23", "--max-time", "0.000001")
    assert ended.status == 3
    assert "--max-time are over" in ended.err


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def guarded(ours: Authority) -> Iterator[Served]:
    """Serve with a certificate, and demand one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ours.root))
    context.load_cert_chain(*ours.sign("server"))
    context.verify_mode = ssl.CERT_REQUIRED
    with served(StandIn(), tls=context) as server:
        yield server


@pytest.fixture(scope="module")
def folder(ours: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of certificates as Docker has them."""
    cert, key = ours.sign("client")
    made = tmp_path_factory.mktemp("docker")
    for name, file in (("ca", ours.root), ("cert", cert), ("key", key)):
        (made / f"{name}.pem").write_bytes(file.read_bytes())
    return made


def options(folder: Path, *names: str) -> list[str]:
    return [part for name in names for part in (f"--tls-{name}", str(folder / f"{name}.pem"))]


@pytest.mark.parametrize("scheme", ["https", "tcp"])
def test_tls_uses_the_files_of_the_options(
    muster: Muster, guarded: Served, folder: Path, scheme: str
) -> None:
    address = f"{scheme}://{guarded.target.authority}"
    ended = muster("check", address, *options(folder, "ca", "cert", "key"), *ONE)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"List Images at https://{guarded.target.authority} ")


@pytest.mark.parametrize(
    ("verify", "named"),
    [("DOCKER_TLS_VERIFY", True), ("DOCKER_TLS_VERIFY", False), ("DOCKER_TLS", True)],
)
def test_tls_follows_the_docker_environment(
    muster: Muster,
    guarded: Served,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    verify: str,
    *,
    named: bool,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{guarded.target.authority}")
    monkeypatch.setenv(verify, "1")
    monkeypatch.setenv("DOCKER_CERT_PATH" if named else "DOCKER_CONFIG", str(folder))
    ended = muster("check", *ONE)
    assert (ended.status, ended.err) == (0, "")


def test_options_override_the_docker_environment(
    muster: Muster, guarded: Served, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    address = f"tcp://{guarded.target.authority}"
    assert (
        f"{tmp_path}/ca.pem, the authority's certificate: No such" in muster("check", address).err
    )
    ended = muster("check", address, *options(folder, "ca", "cert", "key"), *ONE)
    assert (ended.status, ended.err) == (0, "")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(folder))
    assert muster("check", address, "--no-tls-verify", *ONE).status == 0


def test_a_missing_client_certificate_is_reported(
    muster: Muster, guarded: Served, folder: Path
) -> None:
    ended = muster("check", guarded.target, *options(folder, "ca"), *ONE)
    assert ended.status == 3
    assert f"no response from {guarded.target}: " in ended.err


def test_an_untrusted_server_gets_no_requests(
    muster: Muster, guarded: Served, folder: Path
) -> None:
    before = len(guarded.seen)
    ended = muster("check", guarded.target, *options(folder, "cert", "key"), *ONE)
    assert ended.status == 3
    assert "the server's certificate cannot be verified: " in ended.err
    assert len(guarded.seen) == before
    unverified = (*options(folder, "cert", "key"), "--no-tls-verify", *ONE)
    assert muster("check", guarded.target, *unverified).status == 0


@pytest.mark.parametrize("address", ["http://h", "unix:///s"])
def test_tls_options_require_a_tls_target(
    muster: Muster, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = muster("check", address, "--tls-verify")
    assert ended.status == 2
    assert ended.err == (f"muster: {address} has no TLS, which the options --tls-* are about\n")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert muster("check", address).status == 3


@pytest.mark.usefixtures("curl_program")
def test_a_printed_curl_command_uses_the_same_tls_files(
    ours: Authority, folder: Path, muster: Muster, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ours.root))
    context.load_cert_chain(*ours.sign("broken"))
    context.verify_mode = ssl.CERT_REQUIRED
    record = tmp_path / "run.json"
    with served(
        Answers(Response(200, {"api-version": "1.23"}, b"no listing")), tls=context
    ) as server:
        files = options(folder, "ca", "cert", "key")
        ended = muster("check", server.target, *files, *ONE, "--json", record)
        assert ended.status == 1
        [result] = json.loads(record.read_text())["results"]
        done = subprocess.run(
            ["sh", "-c", result["reproduce"][0]], capture_output=True, text=True, check=True
        )
    assert done.stdout.endswith("no listing")


# --- signatures -----------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    known = {"accesskey": access.KEYS.access_key, "secretkey": access.KEYS.secret_key}
    file.write_text(json.dumps(known))
    return file


def test_credentials_sign_every_request_and_enable_access_checks(
    muster: Muster, keys: Path, tmp_path: Path
) -> None:
    record = tmp_path / "run.json"
    with served(Guard()) as server:
        signed = ("--hyper-credentials", keys, "--json", record, "--max-examples", "10")
        ended = muster("check", server.target, *signed)
    assert (ended.status, ended.err) == (0, "")
    results = json.loads(record.read_text())["results"]
    checked = {each["requirement"] for each in results if each["verdict"] == "pass"}
    assert {"LIST-ANSWER", "FUZZ-STATUS", "ACCESS-UNSIGNED", "ACCESS-TIME"} <= checked
    assert access.KEYS.secret_key not in ended.out + record.read_text()


class Watched(Guard):
    """Counts the requests that are not signed, and the others."""

    def __init__(self) -> None:
        super().__init__()
        self.signed = {True: 0, False: 0}

    def admit(self, request: Request) -> None:
        names = {name.lower() for name, _ in request.headers}
        self.signed["authorization" in names] += 1
        super().admit(request)


def test_only_access_checks_send_unsigned_requests(muster: Muster, keys: Path) -> None:
    on_purpose = ("UNSIGNED", "METHOD", "STATUS", "CHALLENGE")
    skipped = [part for name in on_purpose for part in ("--skip", f"ACCESS-{name}")]
    watched = Watched()
    with served(watched) as server:
        options = ("--hyper-credentials", keys, "--max-examples", "10", "--plant")
        assert muster("check", server.target, *options, *skipped).status == 0
    assert watched.signed[False] == 0
    assert watched.signed[True] > 300


def test_credentials_in_the_environment_are_not_used_for_a_local_daemon(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, unix: Served
) -> None:
    monkeypatch.setenv("HYPER_ACCESS", access.KEYS.access_key)
    monkeypatch.setenv("HYPER_SECRET", access.KEYS.secret_key)
    ended = muster("check", unix.target, "--only", "ACCESS-UNSIGNED")
    assert ended.status == 2
    assert "only with --hyper-credentials can be checked" in ended.err


def test_credentials_can_come_from_the_environment(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPER_ACCESS", access.KEYS.access_key)
    monkeypatch.setenv("HYPER_SECRET", access.KEYS.secret_key)
    with served(Guard()) as server:
        assert muster("check", server.target, *ONE, "--only", "ACCESS-KEY").status == 0


def test_missing_credentials_are_reported(muster: Muster, tcp: Served) -> None:
    with served(Guard()) as server:
        ended = muster("check", server.target)
    assert ended.status == 3
    assert "does not let muster in. Sign with --hyper-credentials" in ended.err
    ended = muster("check", tcp.target, "--only", "ACCESS-KEY")
    assert ended.status == 2
    assert "only with --hyper-credentials can be checked" in ended.err


def test_requests_are_not_signed_twice(muster: Muster, keys: Path) -> None:
    ended = muster(
        *("check", "http://h", "--hyper-credentials", keys),
        *("--header", "authorization: Basic eA=="),
    )
    assert ended.status == 2
    assert ended.err == ("muster: requests are to be signed: leave out the header Authorization\n")


@pytest.mark.usefixtures("curl_program")
def test_an_unprotected_server_is_found_and_can_be_replayed(
    muster: Muster, keys: Path, tmp_path: Path
) -> None:
    record = tmp_path / "run.json"
    only = ("--only", "ACCESS-UNSIGNED", "--json", record)
    with served(access.AnswersTheUnsigned()) as server:
        assert muster("check", server.target, "--hyper-credentials", keys, *only).status == 1
        [result] = json.loads(record.read_text())["results"]
        done = subprocess.run(
            ["sh", "-c", *result["reproduce"]], capture_output=True, text=True, check=True
        )
        ended = muster("replay", record, "ACCESS-UNSIGNED")
        assert ended.status == 2
        assert "needs signed requests: add --hyper-credentials" in ended.err
        assert muster("replay", record, "ACCESS-UNSIGNED", "--hyper-credentials", keys).status == 1
    assert done.stdout.startswith("HTTP/1.1 200")


def test_default_connection_options_change_nothing() -> None:
    target = Target("http", "h", 80)
    plain = ConnectionOptions()
    assert (plain.provided(target), plain.keys(target)) == (frozenset(), None)
    assert plain.target("tcp://h:80", "unix:///s") == target
    assert plain.target(None, "unix:///s") == Target("unix", socket="/s")


# --- waiting, and Docker contexts -----------------------------------------------------------------


class Starting(StandIn):
    """Is behind a proxy that answers for it while it starts."""

    def __init__(self, attempts: int) -> None:
        super().__init__()
        self.attempts = attempts

    def answer(self, request: Request) -> Response | None:
        self.attempts -= 1
        return self.error(503, "starting") if self.attempts >= 0 else super().answer(request)


def test_wait_waits_for_a_starting_server(muster: Muster) -> None:
    with served(Starting(2)) as there:
        ended = muster("check", there.target, *ONE, "--wait", "10", "--api-version", "1.23")
    assert (ended.status, ended.err) == (0, "")


def test_wait_gives_up_at_its_limit(muster: Muster, tmp_path: Path) -> None:
    began = time.monotonic()
    ended = muster("check", tmp_path / "none.sock", *ONE, "--wait", "0.5")
    assert ended.status == 3
    assert time.monotonic() - began >= 0.5
    assert "there is no such socket" in ended.err


def test_a_docker_context_can_be_the_target(
    muster: Muster, tmp_path: Path, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"tcp://{tcp.target.authority}"
    store(tmp_path, "mine", {"Host": host})
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for arguments in (["mine"], []):
        monkeypatch.setenv("DOCKER_CONTEXT", "" if arguments else "mine")
        ended = muster("check", *arguments, *ONE, "--api-version", "1.23")
        assert (ended.status, ended.err) == (0, "")
        assert ended.out.startswith(f"List Images at {tcp.target}")
    ended = muster("check", "mime")
    assert ended.status == 2
    assert "Did you mean mine?" in ended.err


def test_the_tls_settings_of_a_docker_context_are_used(
    muster: Muster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = authority(tmp_path / "authority")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*signed.sign("server"))
    with served(StandIn(), tls=tls) as there:
        folder = store(tmp_path, "mine", {"Host": f"tcp://{there.target.authority}"}, "ca")
        (folder / "ca.pem").write_bytes(signed.root.read_bytes())
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        ended = muster("check", "mine", *ONE, "--api-version", "1.23")
    assert (ended.status, ended.err) == (0, "")


def test_the_default_context_means_the_environment(
    muster: Muster, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", tcp.target.authority)
    assert muster("check", "default", *ONE, "--api-version", "1.23").status == 0
