"""Tests of other projects, run against `musterd`: docker-py's own, and the start of testcontainers.

Nothing of them is kept here: the package index has them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from .client_programs import INSTALL_SECONDS, SOURCES, CannotInstall, ClientProgram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from musterd.testing import Server

# The program that does what testcontainers does, and what it needs.
TESTCONTAINERS = ("testcontainers_start.py", "testcontainers.txt")
SECONDS = 300
# The image that a container would be made of.
_PRESENT = "alpine:3.10"
# The digest that a test pulls.
_HELLO_WORLD = "sha256:083de497cff944f969d8499ab94f07134c50bcf5e6b9559b27182d3fa80ce3f7"
ENGINE, API_VERSION = "docker-28", "1.43"
FILES = ("api_image_test.py", "models_images_test.py")
# `musterd` says which request it has no answer to.
_UNANSWERED = re.compile(r"musterd [a-z][^:]*: (?P<method>[A-Z]+) (?P<path>/[^\s\"']*)")
_NO_IMPORT = "musterd imports no file systems"
_URL = re.compile(r"https?://[^/]*/v[0-9.]+(?P<target>/\S*)")
# Why it has none, by the request line, and how the request is shown.
_REASONS: Sequence[tuple[str, str, str]] = (
    (r"POST /containers/create", "needs a container", "POST /containers/create"),
    (r"POST /build", "builds an image", "POST /build"),
    (
        r"GET /images/.*/get",
        "saves an image, whose layers `musterd` does not keep",
        "GET /images/{name}/get",
    ),
    (r"GET /distribution/", "asks a registry for an image", "GET /distribution/{name}/json"),
    (r"POST /networks", "needs a network", "POST /networks/create"),
    (r"POST /auth", "asks a registry for a login", "POST /auth"),
)


class Unexplained(Exception):
    """A test fails, and nothing says why."""


@dataclass(frozen=True)
class Row:
    """What became of a test.

    Attributes:
        name: Its name.
        passed: Whether it passed.
        reason: Why it did not.
    """

    name: str
    passed: bool
    reason: str = ""


def fill(server: Server) -> None:
    """Let a server have the images that the tests look for, to pull them from a registry."""
    server.start_over([], engine=ENGINE)
    for name, size in (
        (_PRESENT, "5.6MB"),
        ("alpine:latest", "7.8MB"),
        ("busybox:latest", "4.3MB"),
    ):
        server.add(name, size=size, pullable=True)
    server.add("hello-world:latest", size="13.3kB", digest=_HELLO_WORLD, pullable=True)


def docker_py(server: Server, folder: Path) -> list[Row]:
    """Run docker-py's integration tests for images against a server.

    Raises:
        CannotInstall: They are not to be had.
        Unexplained: One fails for a reason that is not known.
    """
    _fetch(folder)
    fill(server)
    # The helpers of the tests import it for SSH, which these do not use.
    (folder / "paramiko.py").touch()
    report = folder / "report.xml"
    files = [f"tests/integration/{name}" for name in FILES]
    options = ["-p", "no:musterd", "-p", "no:muster", "-p", "no:cacheprovider", "-p", "no:cov"]
    environment = {
        "DOCKER_HOST": server.docker_host,
        "DOCKER_TEST_API_VERSION": API_VERSION,
        "PYTHONPATH": str(folder),
        "PYTEST_ADDOPTS": "",
    }
    _run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", "."),
            *(*options, f"--junit-xml={report}", *files),
        ],
        folder,
        environment,
    )
    return list(_rows(report))


def testcontainers(server: Server, program: ClientProgram) -> list[Row]:
    """Do what testcontainers does at its start against a server.

    Raises:
        Unexplained: A step fails for a reason that is not known.
    """
    fill(server)
    server.add(_PRESENT)
    done = subprocess.run(
        program.command,
        env={**os.environ, **program.env, "DOCKER_HOST": server.docker_host},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return [
        Row(name, passed=error is None, reason="" if error is None else why(name, error))
        for name, error in found.items()
    ]


def why(name: str, error: str) -> str:
    """Return the reason for which a test fails.

    Raises:
        Unexplained: It is not known.
    """
    if _NO_IMPORT in error:
        return "makes an image of a file system: `POST /images/create?fromSrc=-`"
    unanswered = _UNANSWERED.search(error)
    if unanswered is not None:
        url = _URL.search(error)
        request = f"{unanswered['method']} {url['target'] if url else unanswered['path']}"
        for pattern, reason, shown in _REASONS:
            if re.match(pattern, request):
                return f"{reason}: `{shown}`"
    raise Unexplained(f"{name}: {error}")


def table(rows: Sequence[Row], title: str) -> str:
    """Return the rows as a table in Markdown."""
    passed = sum(row.passed for row in rows)
    lines = [f"{passed} of {len(rows)} pass.", "", f"| {title} | result |", "|---|---|"]
    lines += [f"| {row.name} | {'passes' if row.passed else row.reason} |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows(report: Path) -> Iterator[Row]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # pytest wrote it
        name = case.get("name", "")
        place = ".".join(case.get("classname", "").split(".")[-2:])
        shown = f"`{place}.{name}`"
        bad = [each for each in case if each.tag in {"failure", "error", "skipped"}]
        if not bad:
            yield Row(shown, passed=True)
        elif bad[0].tag == "skipped":
            yield Row(shown, passed=False, reason=f"skipped by docker-py: {bad[0].get('message')}")
        else:
            yield Row(shown, passed=False, reason=why(name, bad[0].text or ""))


def _fetch(folder: Path) -> None:
    _run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-binary", ":all:", "--require-hashes"),
            *("--requirement", str(SOURCES / "docker-py-tests.txt"), "--dest", "."),
        ],
        folder,
        {"PIP_NO_BINARY": "docker"},
    )
    found = list(folder.glob("docker-*.tar.gz"))
    if not found:
        raise CannotInstall("the source distribution of docker-py cannot be fetched")
    with tarfile.open(found[0]) as archive:
        for member in archive:
            _, _, member.name = member.name.partition("/")
            if member.name.startswith("tests/"):
                archive.extract(member, folder, filter="data")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=max(SECONDS, INSTALL_SECONDS),
        check=False,
    )
