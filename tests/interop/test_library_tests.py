"""The tests of client libraries have the results that docs/client-libraries.md says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from musterd.testing import Server
from tests.support.missing import missing

from . import library_page
from .support import library_tests
from .support.client_programs import CannotInstall, ClientProgram
from .support.library_tests import Row, Unexplained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(images=[]) as running:
        yield running


def told(name: str) -> str:
    found = library_page.place(name).search(library_page.PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


def test_docker_pys_own_tests_have_the_results_of_the_page(
    server: Server, new_folder: Callable[[], Path]
) -> None:
    try:
        rows = library_tests.docker_py(server, new_folder())
    except CannotInstall as error:
        missing(f"docker-py's tests: {error}")
    assert library_tests.table(rows, "test") == told("docker-py")


def test_testcontainers_does_what_the_page_says(
    server: Server, client_program: Callable[[str], ClientProgram]
) -> None:
    rows = library_tests.testcontainers(server, client_program("testcontainers"))
    assert library_tests.table(rows, "step") == told("testcontainers")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            "501 for http://127.0.0.1:1/v1.43/images/a:1/get: (musterd keeps no layers: GET /x)",
            "saves an image, whose layers `musterd` does not keep: `GET /images/{name}/get`",
        ),
        (
            "musterd serves images, not containers: POST /containers/create",
            "needs a container: `POST /containers/create`",
        ),
        (
            'Not Implemented ("musterd imports no file systems; load an archive with POST /x")',
            "makes an image of a file system: `POST /images/create?fromSrc=-`",
        ),
    ],
)
def test_a_failure_is_explained_by_what_musterd_said(error: str, reason: str) -> None:
    assert library_tests.why("test", error) == reason


@pytest.mark.parametrize("error", ["KeyError: 'x'", "musterd cannot do that: POST /something"])
def test_a_failure_that_nothing_explains_is_none_of_the_page(error: str) -> None:
    with pytest.raises(Unexplained):
        library_tests.why("test", error)


def test_a_table_counts_what_passes() -> None:
    rows = [Row("a", passed=True), Row("b", passed=False, reason="needs a container")]
    assert library_tests.table(rows, "test") == (
        "1 of 2 pass.\n\n| test | result |\n|---|---|\n| a | passes |\n| b | needs a container |\n"
    )
