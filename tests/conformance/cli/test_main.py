from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import NoReturn

import pytest

from muster.cli import check
from muster.cli import requirements as requirement_commands
from muster.fuzzing import schema_fuzz
from muster.model.exchange import Request, Response
from muster.register.requirements import register, requirements
from muster.reports.requirement import explain, table
from muster.suite import session
from muster.transport import negotiation
from tests.conformance.support.commands import Ended, Muster, in_process
from tests.conformance.support.servers import (
    HANG,
    PATIENCE,
    Answers,
    Holds,
    Served,
    scripted,
    served,
)
from tests.mutants.answers import OldestFirst
from tests.mutants.requests import MistakesAreServerErrors
from tests.mutants.stand_in import StandIn

ALL = len(requirements())
"""Requirements that are checked."""

INSTALLED = Path(sys.executable).with_name("muster")
QUICK = ("--api-version", "1.23", "--only", "LIST-ORDER", "--only", "LIST-ERROR-STATUS")


@pytest.fixture
def muster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Muster:
    return in_process(monkeypatch, capsys)


def installed(*arguments: object, **environment: str) -> Ended:
    """Run the installed command."""
    ended = subprocess.run(
        [INSTALLED, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
        env={**os.environ, **environment},
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


# --- exit statuses --------------------------------------------------------------------------------


def test_the_status_is_0_for_a_server_that_conforms(muster: Muster, tcp: Served) -> None:
    ended = muster("check", tcp.target, *QUICK)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1] == (
        f"CONFORMS: 2 requirements met, none failed. 2 of {ALL} requirements checked."
    )


def test_the_status_is_1_for_a_server_that_does_not_conform(muster: Muster) -> None:
    with served(OldestFirst()) as server:
        ended = muster("check", server.target, *QUICK)
    assert (ended.status, ended.err) == (1, "")
    assert ended.out.splitlines()[1] == (
        f"DOES NOT CONFORM: 1 of 2 requirements not met. 2 of {ALL} requirements checked."
    )
    assert "FAIL LIST-ORDER (MUST)" in ended.out


@pytest.mark.parametrize(("strict", "status"), [((), 0), (("--strict",), 1)])
def test_with_strict_the_status_is_1_for_a_warning(
    muster: Muster, strict: tuple[str, ...], status: int
) -> None:
    with served(MistakesAreServerErrors()) as server:
        ended = muster("check", server.target, *QUICK, *strict)
    assert ended.status == status
    assert "WARN LIST-ERROR-STATUS (SHOULD)" in ended.out
    assert ("with --strict, warnings count as failures" in ended.out) is bool(strict)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "Error: No such command 'nothing'."),
        (["check", "--nothing"], "Error: No such option"),
        (["check", "a", "b"], "Error: Got unexpected extra argument (b)"),
        (["check", "--seed", "x"], "Error: Invalid value for '--seed'"),
        (["check", "--max-examples", "0"], "Error: Invalid value for '--max-examples'"),
        (["check", "--timeout", "0"], "Error: Invalid value for '--timeout'"),
        (["check", "--json", "."], "Error: Invalid value for '--json'"),
        (["check", "ssh://h"], "muster: 'ssh://h' has the scheme 'ssh', which muster"),
        (["check", "tcp://h", "--only", "NO"], "muster: there is no requirement NO"),
        (["check", "tcp://h", "--skip", "NO"], "muster: there is no requirement NO"),
        (
            ["check", "tcp://h", "--only", "LIST-ORDER", "--skip", "LIST-ORDER"],
            "muster: --only and --skip leave no requirement to check",
        ),
        (
            ["check", "tcp://h", "--json", "no/such.json"],
            "muster: --json no/such.json: there",
        ),
        (["explain"], "Error: Missing argument 'ID'."),
        (["explain", "NO"], "muster: there is no requirement NO: `muster list` shows all ids"),
    ],
)
def test_the_status_is_2_for_an_invalid_command_line(
    muster: Muster, arguments: list[str], told: str
) -> None:
    ended = muster(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("9.99", "there is no document of API version 9.99: this release knows 1.23 to "),
        ("1.24", "--api-version says 1.24, the target's address 1.23: leave out one"),
        ("new", "--api-version says new, the target's address 1.23: leave out one"),
    ],
)
def test_the_status_is_2_for_a_version_that_cannot_be_checked(
    muster: Muster, tcp: Served, version: str, told: str
) -> None:
    address = tcp.target if version == "9.99" else f"{tcp.target}/v1.23"
    ended = muster("check", address, "--api-version", version)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"muster: {told}")


def test_other_commands_do_not_import_schemathesis() -> None:
    wanted = "{'schemathesis', 'hypothesis'} & {*sys.modules}"
    loaded = f"import sys; from muster.cli import main; print({wanted})"
    ended = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "set()\n"


def test_without_a_command_the_help_is_shown_and_the_status_is_2(muster: Muster) -> None:
    ended = muster()
    assert ended.status == 2
    assert "Check a server:" in ended.err


def test_the_status_is_3_for_an_unreachable_server(muster: Muster, socket_path: Path) -> None:
    ended = muster("check", f"unix://{socket_path}")
    assert (ended.status, ended.out) == (3, "")
    assert ended.err == (
        f"muster: no response from unix://{socket_path}: No such file or directory: "
        "there is no such socket. Is the server running, and is this its address?\n"
    )


def test_the_status_is_3_if_the_version_is_refused(muster: Muster) -> None:
    refusal = StandIn().error(400, "client version 1.23 is too old")
    with served(Answers(refusal)) as server:
        ended = muster("check", server.target, *QUICK)
    assert ended.status == 3
    told = f"{server.target} does not serve API version 1.23: client version 1.23 is too old"
    assert ended.err == f"muster: {told}\n"
    assert ended.out.splitlines()[1].startswith(
        "NOT FINISHED: 0 requirements met so far, none failed."
    )


def test_the_status_is_3_without_any_verdict(muster: Muster) -> None:
    with served(Holds()) as server:
        ended = muster("check", server.target, "--api-version", "1.23", "--only", "LIST-ORDER")
    assert ended.status == 3
    assert ended.out.splitlines()[1].startswith("NOT CHECKED: ")
    assert "Not enough evidence:\n  LIST-ORDER: " in ended.out


def test_the_status_is_4_for_an_internal_error(
    muster: Muster, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("broken")

    monkeypatch.setattr(session, "run_suite", broken)
    ended = muster("check", tcp.target, *QUICK)
    assert (ended.status, ended.out) == (4, "")
    assert "RuntimeError: broken" in ended.err
    assert ended.err.endswith("muster: this is an error in muster itself; please report it\n")


def test_the_status_is_130_if_interrupted(
    muster: Muster, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "run_suite", interrupted)
    ended = muster("check", tcp.target, *QUICK)
    assert (ended.status, ended.err) == (130, "muster: interrupted\n")
    assert ended.out.splitlines()[1].startswith(
        "NOT FINISHED: 0 requirements met so far, none failed."
    )


def test_an_early_interruption_is_reported(
    muster: Muster, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(negotiation, "ask", interrupted)
    ended = muster("check", tcp.target, *QUICK)
    assert (ended.status, ended.out) == (130, "")
    assert ended.err.endswith("muster: interrupted\n")


def test_the_installed_command_returns_the_same_statuses(tcp: Served, socket_path: Path) -> None:
    with served(OldestFirst()) as faulty:
        ended = [
            installed("check", tcp.target, *QUICK),
            installed("check", faulty.target, *QUICK),
            installed("check", tcp.target, "--only", "NO"),
            installed("check", f"unix://{socket_path}", *QUICK),
        ]
    assert [each.status for each in ended] == [0, 1, 2, 3]
    assert [bool(each.out) for each in ended] == [True, True, False, False]
    assert not any("Traceback" in each.err for each in ended)


def test_the_installed_command_can_be_interrupted() -> None:
    with scripted([HANG]) as server:
        arguments = [str(INSTALLED), "check", str(server.target), *QUICK]
        with subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A program that a script starts in the background inherits that SIGINT is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            assert server.hanging.wait(PATIENCE)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert (out, err) == ("", "\nmuster: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "status"), [(("list",), 0), (("check", "TARGET", *QUICK), 0), (("--help",), 0)]
)
def test_a_closed_pipe_does_not_change_the_status(
    tcp: Served, arguments: tuple[str, ...], status: int
) -> None:
    words = [str(tcp.target) if word == "TARGET" else word for word in arguments]
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w") as closed:
        ended = subprocess.run(
            [INSTALLED, *words],
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=3 * PATIENCE,
        )
    assert (ended.returncode, ended.stderr) == (status, "")


def test_a_closed_pipe_does_not_hide_a_failure() -> None:
    end, start = os.pipe()
    os.close(end)
    with served(OldestFirst()) as server, os.fdopen(start, "w") as closed:
        words = ["check", str(server.target), *QUICK]
        ended = subprocess.run([INSTALLED, *words], check=False, stdout=closed)
    assert ended.returncode == 1


def test_a_broken_pipe_does_not_fail_a_command(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> NoReturn:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(requirement_commands, "table", gone)
    assert muster("list").status == 0


# --- the target -----------------------------------------------------------------------------------


@pytest.mark.parametrize("over", ["tcp", "unix"])
def test_the_target_is_the_argument_or_docker_host(
    muster: Muster, over: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: Served = request.getfixturevalue(over)
    for arguments, host in [([server.target], "tcp://no.invalid"), ([], str(server.target))]:
        monkeypatch.setenv("DOCKER_HOST", host)
        ended = muster("check", *arguments, *QUICK)
        assert ended.status == 0
        assert ended.out.startswith(f"List Images at {server.target} (Stand-in 1), API 1.23\n")


@pytest.mark.parametrize("host", [None, ""])
def test_the_default_target_is_the_docker_socket(
    muster: Muster, host: str | None, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check.DEFAULT_TARGET == "unix:///var/run/docker.sock"
    monkeypatch.setattr(check, "DEFAULT_TARGET", f"unix://{socket_path}")
    if host is not None:
        monkeypatch.setenv("DOCKER_HOST", host)
    assert f"no response from unix://{socket_path}: " in muster("check").err


def test_the_address_may_contain_the_version(muster: Muster, tcp: Served) -> None:
    # Other tests ask the same server.
    del tcp.seen[:]
    ended = muster("check", f"{tcp.target}/v1.23", "--only", "LIST-ORDER")
    assert ended.status == 0
    assert ended.out.splitlines()[0].endswith(", API 1.23")
    listings = [line for line in tcp.seen if "/images/" in line]
    assert listings
    assert all(line.startswith("GET /v1.23/") for line in listings)


# --- options --------------------------------------------------------------------------------------


def run_with(muster: Muster, file: Path, *arguments: object) -> dict[str, object]:
    ended = muster("check", *arguments, "--api-version", "1.23", "--json", file)
    assert (ended.status, ended.err) == (0, "")
    record = json.loads(file.read_text("utf-8"))
    assert isinstance(record, dict)
    return record


def checked(record: dict[str, object]) -> list[str]:
    results = record["results"]
    assert isinstance(results, list)
    return [result["requirement"] for result in results]


def test_json_writes_the_record_besides_the_report(
    muster: Muster, tcp: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = muster("check", tcp.target, *QUICK, "--json", "run.json")
    text = (tmp_path / "run.json").read_text("utf-8")
    assert ended.out.startswith("List Images at ")
    assert text.endswith("}\n")
    record = json.loads(text)
    assert record["muster"] == installed_version("passmuster")
    assert record["target"] == str(tcp.target)
    assert checked(record) == ["LIST-ORDER", "LIST-ERROR-STATUS"]


def test_an_unwritable_record_is_reported_after_the_report(
    muster: Muster, tcp: Served, tmp_path: Path
) -> None:
    file = tmp_path / "run.json"
    file.symlink_to(tmp_path / "none" / "run.json")
    ended = muster("check", tcp.target, *QUICK, "--json", file)
    assert ended.status == 2
    assert ended.out.startswith("List Images at ")
    assert ended.err == f"muster: --json {file}: No such file or directory\n"


def test_a_missing_record_directory_is_reported_before_any_request(
    muster: Muster, tcp: Served, tmp_path: Path
) -> None:
    before = len(tcp.seen)
    file = tmp_path / "none" / "run.json"
    ended = muster("check", tcp.target, *QUICK, "--json", file)
    assert ended.status == 2
    assert ended.err == f"muster: --json {file}: there is no folder {file.parent}\n"
    assert len(tcp.seen) == before


def test_only_and_skip_choose_what_is_checked(muster: Muster, tcp: Served, tmp_path: Path) -> None:
    only = [part for name in ("LIST-ORDER", "HTTP-HEAD") for part in ("--only", name)]
    file = tmp_path / "run.json"
    assert checked(run_with(muster, file, tcp.target, *only)) == ["LIST-ORDER", "HTTP-HEAD"]
    both = run_with(muster, file, tcp.target, *only, "--skip", "LIST-ORDER")
    assert checked(both) == ["HTTP-HEAD"]


def test_the_seed_determines_the_requests(muster: Muster, tmp_path: Path) -> None:
    def asked(seed: int) -> list[str]:
        with served(StandIn()) as server:
            options = ["--seed", seed, "--max-examples", 4]
            only = ["--only", "FUZZ-ALIVE", "--only", "LIST-LABEL-VALUE"]
            record = run_with(muster, tmp_path / "run.json", server.target, *only, *options)
        assert record["seed"] == seed
        before = [line.split(" ")[1] for line in server.seen[:2]]
        assert before == ["/_ping", "/version"]
        assert record["requests"] == len(server.seen) - len(before)
        return server.seen

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_max_examples_sets_the_number_of_requests(muster: Muster) -> None:
    counts = []
    for count in (1, 100):
        with served(StandIn()) as server:
            only = ["--only", "LIST-LABEL-VALUE", "--max-examples", count]
            assert muster("check", server.target, "--api-version", "1.23", *only).status == 0
        counts.append(len(server.seen))
    assert counts[0] < counts[1]


def test_timeout_limits_the_wait_for_a_response(muster: Muster) -> None:
    with scripted([HANG]) as server:
        ended = muster("check", server.target, *QUICK, "--timeout", "0.05")
    assert ended.status == 3
    assert "no response within 0.05 s" in ended.err


# --- versions -------------------------------------------------------------------------------------


class Offers(StandIn):
    """Serves every version from 1.23 on, and advertises 1.24 as the newest."""

    def answer(self, request: Request) -> Response | None:
        if request.target == "/_ping":
            return Response(200, {"api-version": "1.24"}, b"OK")
        if request.version == "/v1.24":
            return StandIn("1.24").answer(replace(request, version=None))
        return super().answer(request)


@pytest.mark.parametrize(
    ("option", "versions"), [((), ["1.24"]), (("--api-version", "all"), ["1.23", "1.24"])]
)
def test_the_newest_version_is_checked_or_all_of_them(
    muster: Muster, option: tuple[str, ...], versions: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "run.json"
    with served(Offers()) as server:
        ended = muster("check", server.target, *option, "--only", "LIST-ORDER", "--json", file)
    assert (ended.status, ended.err) == (0, "")
    assert f", API {', '.join(versions)}" in ended.out.splitlines()[0]
    results = json.loads(file.read_text("utf-8"))["results"]
    assert [result["api_version"] for result in results] == versions


def test_a_refused_version_does_not_hide_the_other_results(muster: Muster, tmp_path: Path) -> None:
    class RefusesTheOldest(Offers):
        def answer(self, request: Request) -> Response | None:
            if request.version is None:
                return self.error(400, "client version 1.23 is too old")
            return super().answer(request)

    file = tmp_path / "run.json"
    with served(RefusesTheOldest()) as server:
        only = ("--api-version", "all", "--only", "LIST-ORDER")
        ended = muster("check", server.target, *only, "--json", file)
    assert ended.status == 3
    assert ended.err.startswith("muster: API 1.23: ")
    results = json.loads(file.read_text("utf-8"))["results"]
    verdicts = [(result["api_version"], result["verdict"]) for result in results]
    assert verdicts == [("1.23", "blocked"), ("1.24", "pass")]


def test_a_crash_between_versions_does_not_hide_earlier_results(
    muster: Muster, tmp_path: Path
) -> None:
    class Dies(Offers):
        dead = False

        def answer(self, request: Request) -> Response | None:
            self.dead |= request.version == "/v1.24"
            return None if self.dead else super().answer(request)

    file = tmp_path / "run.json"
    with served(Dies()) as server:
        only = ("--api-version", "all", "--only", "LIST-ORDER")
        ended = muster("check", server.target, *only, "--json", file)
    assert ended.status == 3
    assert "NOT FINISHED: 1 requirement met so far, none failed." in ended.out
    assert "no response from" in ended.err
    record = json.loads(file.read_text("utf-8"))
    assert "no response from" in record["aborted_because"]
    assert [result["verdict"] for result in record["results"]] == ["pass", "blocked"]


def test_an_interruption_reports_the_results_so_far(
    muster: Muster, tcp: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema_fuzz, "fuzz", interrupted)
    file = tmp_path / "run.json"
    ended = muster("check", tcp.target, *QUICK, "--only", "FUZZ-ALIVE", "--json", file)
    assert (ended.status, ended.err) == (130, "muster: interrupted\n")
    assert "NOT FINISHED: 2 requirements met so far, none failed." in ended.out
    record = json.loads(file.read_text("utf-8"))
    assert (record["aborted_because"], record["exit_status"]) == ("interrupted", 130)
    assert {gap["requirement"] for gap in record["unchecked"] if gap["kind"] == "ended"} == {
        "FUZZ-ALIVE"
    }


# --- telling --------------------------------------------------------------------------------------


def test_list_shows_every_requirement(muster: Muster) -> None:
    ended = muster("list")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == table(register().values())


def test_explain_shows_one_requirement(muster: Muster) -> None:
    ended = muster("explain", "LIST-ORDER")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == explain(
        requirements()["LIST-ORDER"],
        "`Created` of neighbours in the plain and in the full listing.",
    )


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"]])
def test_the_help_explains_the_exit_statuses(muster: Muster, arguments: list[str]) -> None:
    ended = muster(*arguments)
    assert (ended.status, ended.err) == (0, "")
    text = " ".join(ended.out.split())
    assert text.endswith(
        "Exit status: 0 the server conforms; 1 it does not; 2 the command line is wrong or "
        "selects no requirement; 3 the server cannot be reached or checked; 4 an error in muster "
        "itself."
    )


def test_the_version_is_that_of_the_distribution(muster: Muster) -> None:
    ended = muster("--version")
    assert (ended.status, ended.out) == (0, f"muster, version {installed_version('passmuster')}\n")


def test_progress_is_shown_and_cleared_on_a_terminal(
    muster: Muster, tcp: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ended = muster("check", tcp.target, *QUICK)
    assert ended.status == 0
    shown = re.findall(r"\[\d/2\] [A-Z-]+", ended.err)
    assert list(dict.fromkeys(shown)) == ["[1/2] LIST-ORDER", "[2/2] LIST-ERROR-STATUS"]
    assert ended.err.endswith("\x1b[1A\x1b[2K")


def test_a_server_that_drops_every_listing_and_answers_pings_fails(muster: Muster) -> None:
    class Drops(StandIn):
        def answer(self, request: Request) -> Response | None:
            return None if "/images/json" in request.target else Response(200, {}, b"OK")

    with served(Drops()) as server:
        ended = muster("check", server.target, "--only", "LIST-ANSWER", "--max-examples", 1)
    assert ended.status == 1
    assert "FAIL LIST-ANSWER" in ended.out
    assert "no answer came" in ended.out


def test_a_server_that_is_not_an_engine_is_reported_after_few_requests(muster: Muster) -> None:
    page = Response(404, {"content-type": "text/html"}, b"<h1>Not Found</h1>")
    with served(Answers(page)) as server:
        ended = muster("check", server.target)
        assert len(server.seen) == 3
    assert (ended.status, ended.out) == (3, "")
    assert "does not look like a Docker engine: it responds to /_ping with status 404" in ended.err
