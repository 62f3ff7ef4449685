import subprocess
import sys

import pytest

from musterd.contract.engines import ENGINES

pytest_plugins = "pytester"

PLUGIN = "musterd.pytest_plugin"
# Whether or not the installed package loads it, it is loaded once, and after coverage has begun.
LOAD = ("-p", "no:musterd", "-p", PLUGIN, "-p", "no:cacheprovider")


@pytest.fixture
def client_project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Make a user's project that takes every warning for an error."""
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    return pytester


def test_the_fixture_provides_a_running_server(client_project: pytest.Pytester) -> None:
    client_project.makepyfile(
        """
        import json, urllib.request

        def test_my_client(musterd):
            with urllib.request.urlopen(f"{musterd.url}/v1.23/images/json") as answer:
                assert any("busybox" in str(image["RepoTags"]) for image in json.load(answer))

        def test_a_test_may_replace_the_images(musterd):
            sample = musterd.export()
            musterd.clear()
            musterd.import_listing([{"Id": "a" * 64, "Created": 1, "Size": 1}])
            assert len(musterd.export()) == 1

        def test_the_sample_is_restored(musterd):
            assert len(musterd.export()) > 1
        """
    )
    client_project.runpytest_inprocess(*LOAD).assert_outcomes(passed=3)


def test_a_test_can_choose_its_engines(
    client_project: pytest.Pytester,
) -> None:
    client_project.makepyfile(
        """
        import json, urllib.request, pytest

        def newest(server):
            with urllib.request.urlopen(f"{server.url}/version") as answer:
                return json.load(answer)["ApiVersion"]

        @pytest.mark.musterd(engine="docker-20.10")
        def test_one(musterd):
            assert newest(musterd) == "1.41"

        ENGINES = ["docker-1.11", "docker-28", {"engine": "docker-29", "api_max": "1.50"}]

        @pytest.mark.parametrize("musterd", ENGINES, indirect=True)
        @pytest.mark.musterd(images=[], departures=["LIST-EMPTY"])
        def test_several(musterd):
            assert newest(musterd) in {"1.23", "1.51", "1.50"}
            with urllib.request.urlopen(f"{musterd.url}/images/json") as answer:
                assert json.load(answer) is None

        def test_any(musterd, musterd_server):
            assert musterd is musterd_server
            assert newest(musterd) == "1.56"
        """
    )
    client_project.runpytest_inprocess(*LOAD).assert_outcomes(passed=5)


def test_a_test_runs_with_every_engine_and_workers_of_xdist(
    client_project: pytest.Pytester,
) -> None:
    client_project.makepyfile(
        """
        import json, urllib.request, pytest
        from musterd.contract.engines import ENGINES

        @pytest.mark.parametrize("musterd", list(ENGINES), indirect=True)
        def test_my_client(musterd, request):
            with urllib.request.urlopen(f"{musterd.url}/version") as answer:
                newest = json.load(answer)["ApiVersion"]
            assert newest == str(ENGINES[request.node.callspec.params["musterd"]].newest)
        """
    )
    shown = client_project.runpytest_subprocess(*LOAD, "-p", "xdist", "-n", "2")
    shown.assert_outcomes(passed=len(ENGINES))


def test_an_unknown_engine_is_reported_with_the_known_engines(
    client_project: pytest.Pytester,
) -> None:
    client_project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("musterd", ["docker"], indirect=True)
        def test_no_engine(musterd): pass

        @pytest.mark.musterd(departures=["X"])
        def test_no_departure(musterd): pass
        """
    )
    shown = client_project.runpytest_inprocess(*LOAD)
    shown.assert_outcomes(errors=2)
    shown.stdout.fnmatch_lines(
        [
            "musterd: there is no engine 'docker', only any, docker-1.11, *",
            "musterd: there is no departure 'X', only LIST-ANSWER, *",
        ]
    )


def test_a_mark_changes_the_images_of_a_test(client_project: pytest.Pytester) -> None:
    client_project.makefile(".yaml", seed="images: [{name: app:1}]")
    client_project.makepyfile(
        """
        import json, urllib.request, pytest
        from musterd.testing import Server

        def images(server):
            with urllib.request.urlopen(f"{server.url}/images/json?all=1") as answer:
                return len(json.load(answer))

        @pytest.mark.musterd(images=[])
        def test_the_list_is_empty(musterd):
            assert images(musterd) == 0

        @pytest.mark.musterd("seed.yaml", grease=1)
        class TestSeed:
            def test_the_seed_is_loaded(self, musterd):
                assert images(musterd) == 1

        def test_the_sample_and_requests_are_reset(musterd):
            assert musterd.requests == ()
            assert images(musterd) == 13
            assert musterd.requests[-1].status == 200
            musterd.respond(status=500)

        def test_the_faults_are_reset(musterd):
            assert images(musterd) == 13
            musterd.assert_no_problems()

        @pytest.fixture(scope="module")
        def own():
            with Server(images=[]) as server:
                yield server

        def test_a_fixture_of_another_scope(own, musterd):
            assert images(own) == 0
            assert images(musterd) == 13
        """
    )
    client_project.runpytest_inprocess(*LOAD, "--strict-markers").assert_outcomes(passed=5)


def test_xdist_workers_have_their_own_servers(client_project: pytest.Pytester) -> None:
    client_project.makepyfile(
        """
        import json, urllib.request, pytest

        @pytest.mark.parametrize("number", range(6))
        def test_no_other_worker_changes_the_images(musterd, number):
            musterd.clear()
            for count in range(1, 6):
                musterd.add(f"app:{number}-{count}")
                with urllib.request.urlopen(f"{musterd.url}/images/json") as answer:
                    assert len(json.load(answer)) == count
        """
    )
    client_project.runpytest_subprocess(*LOAD, "-p", "xdist", "-n", "2").assert_outcomes(passed=6)


def test_musterd_is_not_imported_unless_the_fixture_is_used() -> None:
    script = (
        f"import sys, pytest; before = set(sys.modules); import {PLUGIN};"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before"
        " if name.partition('.')[0] not in sys.stdlib_module_names})"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, check=True, timeout=30
    )
    assert done.stdout.split() == [b"musterd"]


def test_the_fixtures_have_descriptions(client_project: pytest.Pytester) -> None:
    shown = client_project.runpytest_inprocess(*LOAD, "--fixtures")
    shown.stdout.fnmatch_lines(
        ["musterd -- *", "*Provide a running musterd with its sample catalogue*"]
    )


def test_the_fixture_reports_missing_server_packages_with_advice(
    client_project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Imports are cached: remove the modules to repeat them.
    for name in [name for name in sys.modules if name.startswith("musterd.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("musterd.testing", raising=False)
    monkeypatch.setitem(sys.modules, "msgspec", None)
    client_project.makepyfile("def test_my_client(musterd): pass")
    shown = client_project.runpytest_inprocess(*LOAD)
    shown.assert_outcomes(errors=1)
    shown.stdout.fnmatch_lines(
        ["musterd: the Python package msgspec is not installed; run pip install 'passmuster*"]
    )
