from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.missing import MissingPrograms, require_program

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent

FOREIGN_FOLDERS = {"browser", "interop"}
"""Folders of tests that each run a program that is not ours."""

DAEMONS = {"any_engine", "dockerd", "engine_name", "podman", "postgresql", "postgresql_programs"}
"""Fixtures, and parameters of fixtures, that start a daemon or a database."""

SLOW = (
    "conformance/cli/options/test_connection.py",
    "conformance/cli/options/test_planting.py",
    "conformance/cli/test_main.py",
    "conformance/fuzzing/test_fault_on_real_daemons.py",
    "conformance/fuzzing/test_random_queries.py",
    "conformance/fuzzing/test_schema_fuzz.py",
    "conformance/pytest_plugin",
    "conformance/runner/test_runner.py",
    "conformance/suite/test_suite_on_recordings.py",
    "conformance/vectors",
    "distribution",
    "docs/test_client_page.py",
    "docs/test_generated_parts.py",
    "docs/test_pages.py",
    "fuzz",
    "mutants",
    "openapi/test_openapi_3_1.py",
    "openapi/test_other_overlay.py",
    "openapi/test_rendered_documents.py",
    "server/api/test_golden.py",
    "server/archives/test_reader_pool.py",
    "server/bounded",
    "server/cli/test_main.py",
    "server/contract/test_models.py",
    "server/http/test_protocol_endings.py",
    "server/http/test_server.py",
    "server/http/test_tls.py",
    "server/http/test_workers.py",
    "server/listing/test_prefilter.py",
    "server/storage/test_atomicity.py",
    "server/storage/test_stores_shared.py",
    "server/test_pytest_plugin.py",
    "server/testing/test_process.py",
    "support",
    "tools",
)
"""Files and folders that `make test-quick` leaves out: they run many processes, or many seeds."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(MissingPrograms())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a daemon, and those that are slow, before `-m` selects by marks."""
    slow = [TESTS / each for each in SLOW]
    for item in items:
        if not {item.path, *item.path.parents}.isdisjoint(slow):
            item.add_marker("slow")
        callspec = getattr(item, "callspec", None)
        parameters = set(map(str, callspec.params.values())) if callspec else set()
        needed = DAEMONS & {*getattr(item, "fixturenames", ()), *parameters}
        if needed or item.path.parent.name in FOREIGN_FOLDERS:
            item.add_marker("daemon")


@pytest.fixture
def uncovered() -> Iterator[None]:
    """Run without coverage, which takes two thirds of the time of what is repeated thousandfold.

    The marker of pytest-cov does so in one process only: in those of pytest-xdist it collects
    twice, and stops one of the two.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)


@pytest.fixture(scope="session")
def curl_program() -> str:
    """Return the path of curl, or skip the test."""
    return require_program("curl")


@pytest.fixture(scope="session")
def openssl() -> str:
    """Return the path of OpenSSL's command, which makes certificates, or skip the test."""
    return require_program("openssl")
