from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

import muster.pytest_plugin.items  # noqa: F401 - runs in this process forget what they loaded themselves
from muster.model.exchange import Request, Response
from muster.planting import platform_images
from muster.register.requirements import requirements
from tests.conformance.support.servers import Answers, Served, served
from tests.mutants import access
from tests.mutants.answers import OldestFirst
from tests.mutants.requests import MistakesAreServerErrors
from tests.mutants.stand_in import StandIn

pytest_plugins = "pytester"

PLUGIN = "muster.pytest_plugin.plugin"
# Whether or not the installed package loads it, it is loaded once, and after coverage has begun.
LOAD = ("-p", "no:muster", "-p", "no:musterd", "-p", PLUGIN, "-p", "no:cacheprovider")
AT = "--muster-api-version=1.23"
ORDER = "muster::LIST-ORDER"
STATUS = "muster::LIST-ERROR-STATUS"


class Run:
    """Runs pytest in a temporary project."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, *arguments: object) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(*LOAD, *map(str, arguments))


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return Run(pytester)


@pytest.fixture(scope="module")
def wrong() -> Iterator[Served]:
    """Serve a server that fails LIST-ORDER."""
    with served(OldestFirst()) as server:
        yield server


@pytest.fixture(scope="module")
def warned() -> Iterator[Served]:
    """Serve a server that departs from LIST-ERROR-STATUS, a SHOULD."""
    with served(MistakesAreServerErrors()) as server:
        yield server


def test_the_plugin_imports_nothing_unless_used() -> None:
    script = (
        f"import sys, pytest; before = set(sys.modules); import {PLUGIN};"
        "print(*sorted(name for name in set(sys.modules) - before"
        " if name.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, check=True, timeout=30
    )
    assert done.stdout.split() == [b"muster", b"muster.pytest_plugin", PLUGIN.encode()]


def test_without_a_target_no_tests_are_added(run: Run) -> None:
    run.pytester.makepyfile("def test_mine(): pass")
    result = run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*muster::*")


def test_each_requirement_becomes_a_test(run: Run, tcp: Served) -> None:
    run.pytester.makepyfile("def test_mine(): pass")
    result = run(f"--muster={tcp.target}", AT, "-v", "-k", "test_mine or LIST-ORDER")
    result.assert_outcomes(passed=2, deselected=len(_held(plant=False)) - 1)
    result.stdout.fnmatch_lines([f"*{ORDER} PASSED*"])


def _held(*, plant: bool) -> list[str]:
    return [
        each.id
        for each in requirements().values()
        if each.since <= each.since.parse("1.23") and (plant or each.need is None)
    ]


def test_collecting_sends_no_requests(run: Run) -> None:
    result = run("--muster=tcp://127.0.0.1:1", AT, "--collect-only", "-q")
    assert [line for line in result.outlines if line.startswith("muster::")] == [
        f"muster::{name}" for name in _held(plant=False)
    ]


def test_plant_adds_tests_of_planted_images(run: Run) -> None:
    plain = run("--muster=tcp://127.0.0.1:1", AT, "--collect-only", "-q")
    planted = run("--muster=tcp://127.0.0.1:1", AT, "--muster-plant", "--collect-only", "-q")
    assert "muster::PLANT-LISTED" not in plain.outlines
    assert "muster::PLANT-LISTED" in planted.outlines


def test_test_names_contain_the_version_if_there_are_several(run: Run) -> None:
    result = run("--muster=tcp://127.0.0.1:1", "--muster-api-version=all", "--collect-only", "-q")
    assert f"{ORDER}[1.23]" in result.outlines
    assert "muster::LIST-BEFORE[1.23]" not in result.outlines
    assert "muster::LIST-BEFORE[1.24]" in result.outlines


def test_a_test_is_selected_by_its_node_id(run: Run, tcp: Served) -> None:
    run.pytester.makepyfile("def test_mine(): pass")
    run(f"--muster={tcp.target}", AT, ORDER).assert_outcomes(passed=1)
    mine = run.pytester.makepyfile("def test_mine(): pass")
    run(f"--muster={tcp.target}", AT, ORDER, mine).assert_outcomes(passed=2)


def test_a_node_id_without_a_version_selects_all_versions(run: Run) -> None:
    server = "--muster=tcp://127.0.0.1:1"
    result = run(server, "--muster-api-version=all", "--collect-only", "-q", ORDER)
    names = [line for line in result.outlines if line.startswith("muster::")]
    assert len(names) > 1
    assert all(name.startswith(f"{ORDER}[") for name in names)


def test_the_node_id_muster_selects_all_its_tests(run: Run) -> None:
    run.pytester.makepyfile("def test_mine(): pass")
    result = run("--muster=tcp://127.0.0.1:1", AT, "--collect-only", "-q", "muster")
    assert ORDER in result.outlines
    result.stdout.no_fnmatch_line("*test_mine*")


def test_a_directory_named_muster_belongs_to_the_project(run: Run) -> None:
    run.pytester.mkdir("muster")
    run.pytester.makepyfile(**{"muster/test_it": "def test_mine(): pass"})
    result = run("--muster=tcp://127.0.0.1:1", AT, "--collect-only", "-q", "muster")
    result.stdout.fnmatch_lines(["*test_mine*"])


def test_a_failed_requirement_is_a_failure_with_the_finding(run: Run, wrong: Served) -> None:
    result = run(f"--muster={wrong.target}", AT, ORDER)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"muster: {wrong.target}, API 1.23, read-only, seed 0",
            "FAIL LIST-ORDER (MUST)",
            "  Images are listed newest first,*",
            "  $ curl *",
            f"FAILED {ORDER} - Failed: 626173650000 (busybox*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_items.py*")


def test_a_departure_from_a_should_is_a_warning(run: Run, warned: Served) -> None:
    result = run(f"--muster={warned.target}", AT, "-Wdefault", STATUS)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*MusterWarning: *", "*WARN LIST-ERROR-STATUS (SHOULD)"])


def test_a_should_departure_fails_with_warnings_as_errors(run: Run, warned: Served) -> None:
    result = run(f"--muster={warned.target}", AT, "-Werror", STATUS)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*pytest_items.py*")


def test_a_should_departure_fails_with_strict(run: Run, warned: Served) -> None:
    run(f"--muster={warned.target}", AT, "--muster-strict", STATUS).assert_outcomes(failed=1)


def test_an_inconclusive_requirement_is_skipped_with_the_reason(run: Run) -> None:
    with served(Answers(Response(200, {"content-type": "application/json"}, b"[]"))) as server:
        result = run(f"--muster={server.target}", AT, "-rs", "muster::LIST-LABEL-KEY")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * LIST-LABEL-KEY: the server holds no image*"])


def test_an_observation_passes_and_is_printed(run: Run, tcp: Served) -> None:
    result = run(f"--muster={tcp.target}", AT, "-rP", "muster::HTTP-HEAD")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["HEAD is answered with *"])


def test_an_unreachable_server_is_an_error_and_contacted_once(run: Run) -> None:
    result = run("--muster=tcp://127.0.0.1:1", AT, ORDER, STATUS)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["LIST-ORDER: no response from http://127.0.0.1:1: *"])
    result.stdout.no_fnmatch_line("*pytest_items.py*")


def test_requirements_of_other_versions_than_negotiated_are_skipped(run: Run, tcp: Served) -> None:
    result = run(f"--muster={tcp.target}", "-rs", ORDER, "muster::LIST-BEFORE")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["*API to be negotiated*", "SKIPPED *: no requirement of API 1.23, but from API 1.24"]
    )


def test_versions_that_the_server_does_not_offer_are_skipped(run: Run, tcp: Served) -> None:
    result = run(f"--muster={tcp.target}", "--muster-api-version=all", "-rs", ORDER)
    passed = result.parseoutcomes()["passed"]
    assert passed == 1
    result.stdout.fnmatch_lines(["SKIPPED *: the server does not offer API 1.24"])


def test_fuzzing_runs_once_for_all_its_requirements(run: Run) -> None:
    names = [f"muster::{name}" for name in ("FUZZ-STATUS", "FUZZ-SCHEMA")]
    with served(StandIn()) as server:
        run(f"--muster={server.target}", AT, names[0]).assert_outcomes(passed=1)
        alone = len(server.seen)
        server.seen.clear()
        run(f"--muster={server.target}", AT, *names).assert_outcomes(passed=2)
        assert len(server.seen) == alone


def test_the_seed_option_determines_the_requests(run: Run) -> None:
    def asked(seed: int) -> list[str]:
        with served(StandIn()) as server:
            run(f"--muster={server.target}", AT, f"--muster-seed={seed}", "muster::FUZZ-STATUS")
            return list(server.seen)

    assert asked(1) == asked(1) != asked(2)


class Refuses(StandIn):
    """Takes no archive."""

    def answer(self, request: Request) -> Response | None:
        if request.method == "POST":
            return Response(500, {"content-type": "text/plain"}, b"no room")
        return super().answer(request)


def test_planted_images_exist_only_during_the_tests(run: Run) -> None:
    with served(StandIn()) as server:
        names = ["muster::PLANT-LISTED", "muster::PLANT-TAGS"]
        run(f"--muster={server.target}", AT, "--muster-plant", *names).assert_outcomes(passed=2)
        loads = [line for line in server.seen if line.startswith("POST") and "load" in line]
        assert len(loads) == 1 + len(platform_images.build("run"))
        assert any(line.startswith("DELETE") for line in server.seen)
    assert server.seen[-1].startswith("GET")


def test_failed_planting_is_an_error(run: Run) -> None:
    with served(Refuses()) as server:
        result = run(f"--muster={server.target}", AT, "--muster-plant", "muster::PLANT-LISTED")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*PLANT-LISTED: *no room*"])


# --- baseline -------------------------------------------------------------------------------------

KNOWN = '[[known]]\nid = "LIST-ORDER"\nreason = "old engine"\nlink = "https://localhost/1"\n'


def baseline(run: Run, text: str = KNOWN) -> str:
    return f"--muster-baseline={run.pytester.makefile('.toml', known=text)}"


def test_a_known_departure_is_expected_to_fail(run: Run, wrong: Served) -> None:
    result = run(f"--muster={wrong.target}", AT, baseline(run), "-rx", ORDER)
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines([f"XFAIL {ORDER} - old engine https://localhost/1"])


def test_a_known_departure_that_is_fixed_is_a_failure(run: Run, tcp: Served) -> None:
    result = run(f"--muster={tcp.target}", AT, baseline(run), ORDER)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*known.toml: LIST-ORDER is met now: take it out."])


class TwoVersions(StandIn):
    """Serves 1.23 correctly, and 1.24 as *later* does."""

    def __init__(self, later: StandIn) -> None:
        super().__init__("1.23")
        self.later = later

    def answer(self, request: Request) -> Response | None:
        if request.target == "/version":
            return self.json({"Version": "1", "ApiVersion": "1.24", "MinAPIVersion": "1.23"})
        if request.version == "/v1.24":
            return self.later.answer(replace(request, version=None))
        return super().answer(request)


@pytest.mark.parametrize(
    ("later", "outcomes"),
    [(OldestFirst, {"passed": 1, "xfailed": 1}), (StandIn, {"passed": 1, "failed": 1})],
)
def test_the_baseline_expects_a_departure_at_any_version(
    run: Run, later: type[StandIn], outcomes: dict[str, int]
) -> None:
    with served(TwoVersions(later("1.24"))) as server:
        result = run(f"--muster={server.target}", "--muster-api-version=all", baseline(run), ORDER)
    found = result.parseoutcomes()
    del found["skipped"]
    assert found == outcomes


def test_an_expired_baseline_entry_is_reported_as_a_failure(run: Run, wrong: Served) -> None:
    expired = baseline(run, KNOWN + "expires = 2020-01-01\n")
    result = run(f"--muster={wrong.target}", AT, expired, ORDER)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAIL LIST-ORDER (MUST)", "*LIST-ORDER expired on 2020-01-01*"])


def test_an_unreachable_server_is_not_excused(run: Run) -> None:
    run("--muster=tcp://127.0.0.1:1", AT, baseline(run), ORDER).assert_outcomes(errors=1)


# --- invalid options ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--muster=ssh://h"], "*'ssh://h' has the scheme 'ssh'*"),
        (["--muster=tcp://h", "--muster-api-version=9.99"], "*no document of API version 9.99*"),
        (["--muster=tcp://h", "--muster-seed=x"], "*argument --muster-seed: invalid int value*"),
        (["--muster=tcp://h", "--muster-baseline=no.toml"], "*--baseline no.toml: *"),
        (["--muster=tcp://h", AT, "muster::NO"], "*there is no test muster::NO*"),
        (["--muster-plant"], "*--muster-plant needs --muster=TARGET*"),
        (["--muster-seed=1"], "*--muster-seed needs --muster=TARGET*"),
    ],
)
def test_invalid_options_are_a_usage_error(run: Run, arguments: list[str], told: str) -> None:
    result = run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


def test_the_options_are_in_the_help(run: Run) -> None:
    run("--help").stdout.fnmatch_lines(["muster: *", "  --muster=TARGET *"])


def test_requests_are_signed_with_credentials_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPER_ACCESS", access.KEYS.access_key)
    monkeypatch.setenv("HYPER_SECRET", access.KEYS.secret_key)
    with served(access.Guard()) as server:
        result = run(f"--muster={server.target}", AT, "muster::ACCESS-KEY", ORDER)
    result.assert_outcomes(passed=2)


def test_missing_suite_packages_are_reported_with_advice(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Imports are cached: remove the modules to repeat them.
    for name in [name for name in sys.modules if name.startswith("muster.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "msgspec", None)
    result = run("--muster=tcp://h")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*muster: the Python package msgspec is not installed; run pip*"])
