from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.transport.docker_contexts import DockerContext
from muster.transport.docker_environment import read
from muster.transport.target import Target, parse_target
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


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nobody")


def found(environment: Mapping[str, str]) -> tuple[Target, ClientTls | None] | None:
    """Where Docker's command line would ask, and how it would speak TLS."""
    daemon = read(environment).daemon()
    return daemon and (parse_target(daemon.host), daemon.tls)


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("tcp://127.0.0.1:2376", Target("http", "127.0.0.1", 2376)),
        ("tcp://h", Target("http", "h", 2375)),
        (" tcp://h/base ", Target("http", "h", 2375, base="/base")),
        ("127.0.0.1:2376", Target("http", "127.0.0.1", 2376)),
        ("h", Target("http", "h", 2375)),
        ("tcp://", Target("http", "localhost", 2375)),
        ("tcp://:2376", Target("http", "localhost", 2376)),
        ("tcp:///base", Target("http", "localhost", 2375, base="/base")),
        ("unix:///run/docker.sock", Target("unix", socket="/run/docker.sock")),
        ("unix://", Target("unix", socket="/var/run/docker.sock")),
        ("/run/docker.sock", Target("unix", socket="/run/docker.sock")),
        ("./s", Target("unix", socket=f"{Path.cwd()}/s")),
        ("http://h:1", Target("http", "h", 1)),
    ],
)
def test_the_host_matches_the_one_docker_uses(host: str, target: Target) -> None:
    assert found({"DOCKER_HOST": host}) == (target, None)


@pytest.mark.parametrize(
    "environment",
    [{}, {"DOCKER_HOST": ""}, {"DOCKER_HOST": "  "}, {"DOCKER_CERT_PATH": "/certs"}],
)
def test_no_variables_give_no_target(environment: Mapping[str, str]) -> None:
    assert found(environment) is None


@pytest.mark.parametrize("host", ["ssh://h", "npipe:////./pipe/docker", "fd://"])
def test_unsupported_schemes_of_docker_host_are_refused(host: str) -> None:
    with pytest.raises(UsageError, match=f"DOCKER_HOST is '{host}', which muster does not speak"):
        read({"DOCKER_HOST": host}).daemon()


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
def test_any_value_enables_tls_and_one_variable_verification(
    folder: Path, variables: Mapping[str, str], verify: bool
) -> None:
    there = read({**variables, "DOCKER_CERT_PATH": str(folder), "DOCKER_CONFIG": "/elsewhere"})
    assert there.daemon() == DockerContext("tcp://localhost:2376", files(folder, verify=verify))


@pytest.mark.parametrize("variable", ["DOCKER_TLS_VERIFY", "DOCKER_TLS"])
def test_an_empty_value_does_not_enable_tls(variable: str) -> None:
    assert read({variable: ""}).tls is None


def test_the_default_certificates_are_in_docker_config(folder: Path) -> None:
    there = read({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "", "DOCKER_CONFIG": str(folder)})
    assert there.tls == files(folder)


def test_without_docker_config_certificates_are_in_the_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = str(tmp_path / ".docker" / "ca.pem")
    assert read({"DOCKER_TLS_VERIFY": "1", "HOME": str(tmp_path)}).tls == ClientTls(ca)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert read({"DOCKER_TLS_VERIFY": "1"}).tls == ClientTls(ca)


@pytest.mark.parametrize("missing", ["cert", "key"])
def test_a_certificate_without_its_key_is_ignored(folder: Path, missing: str) -> None:
    (folder / f"{missing}.pem").unlink()
    there = read({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)})
    assert there.tls == ClientTls(str(folder / "ca.pem"))
