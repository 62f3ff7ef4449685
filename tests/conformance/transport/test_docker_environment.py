from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.transport.docker_environment import DockerEnvironment, read
from muster.transport.tls import ClientTls


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with the files that Docker looks for."""
    for name in ("ca", "cert", "key"):
        (tmp_path / f"{name}.pem").touch()
    return tmp_path


def files(folder: Path, *, verify: bool = True) -> ClientTls:
    ca, cert, key = (str(folder / f"{name}.pem") for name in ("ca", "cert", "key"))
    return ClientTls(ca, cert, key, verify)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("tcp://127.0.0.1:2376", "tcp://127.0.0.1:2376"),
        ("tcp://h", "tcp://h"),
        (" tcp://h/base ", "tcp://h/base"),
        ("127.0.0.1:2376", "tcp://127.0.0.1:2376"),
        ("tcp://", "tcp://localhost"),
        ("tcp://:2376", "tcp://localhost:2376"),
        ("tcp:///base", "tcp://localhost/base"),
        ("unix:///run/docker.sock", "unix:///run/docker.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("/run/docker.sock", "unix:///run/docker.sock"),
        ("http://h:1", "http://h:1"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_the_host_is_where_docker_would_ask(host: str, address: str) -> None:
    assert read({"DOCKER_HOST": host}) == DockerEnvironment(address, None)


def test_a_relative_path_is_that_of_a_socket() -> None:
    assert read({"DOCKER_HOST": "./s"}).host == f"unix://{Path.cwd() / 's'}"


def test_without_variables_there_is_nothing() -> None:
    assert read({}) == DockerEnvironment("", None)
    assert read({"DOCKER_CERT_PATH": "/certs"}) == DockerEnvironment("", None)


@pytest.mark.parametrize("host", ["ssh://h", "npipe:////./pipe/docker", "fd://"])
def test_ways_that_are_not_spoken_are_refused(host: str) -> None:
    with pytest.raises(UsageError, match=f"DOCKER_HOST is '{host}', which muster does not speak"):
        read({"DOCKER_HOST": host})


@pytest.mark.parametrize(
    ("variables", "verify"),
    [
        ({"DOCKER_TLS_VERIFY": "1"}, True),
        ({"DOCKER_TLS_VERIFY": "0"}, True),
        ({"DOCKER_TLS": "1"}, False),
        ({"DOCKER_TLS": "0"}, False),
        ({"DOCKER_TLS": "1", "DOCKER_TLS_VERIFY": "1"}, True),
    ],
)
def test_any_text_turns_tls_on_and_one_variable_verification(
    folder: Path, variables: Mapping[str, str], verify: bool
) -> None:
    there = read({**variables, "DOCKER_CERT_PATH": str(folder), "DOCKER_CONFIG": "/elsewhere"})
    assert there == DockerEnvironment("tcp://localhost:2376", files(folder, verify=verify))


@pytest.mark.parametrize("variable", ["DOCKER_TLS_VERIFY", "DOCKER_TLS"])
def test_an_empty_text_does_not(variable: str) -> None:
    assert read({variable: ""}).tls is None


def test_without_a_folder_it_is_that_of_dockers_settings(folder: Path) -> None:
    there = read({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "", "DOCKER_CONFIG": str(folder)})
    assert there.tls == files(folder)


def test_without_settings_it_is_the_one_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = str(tmp_path / ".docker" / "ca.pem")
    assert read({"DOCKER_TLS_VERIFY": "1", "HOME": str(tmp_path)}).tls == ClientTls(ca)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert read({"DOCKER_TLS_VERIFY": "1"}).tls == ClientTls(ca)


@pytest.mark.parametrize("missing", ["cert", "key"])
def test_half_a_certificate_is_none(folder: Path, missing: str) -> None:
    (folder / f"{missing}.pem").unlink()
    there = read({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)})
    assert there.tls == ClientTls(str(folder / "ca.pem"))
