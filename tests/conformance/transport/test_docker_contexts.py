from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.transport import docker_environment
from muster.transport.docker_contexts import DockerContext, current, names, read
from muster.transport.tls import ClientTls


def store(folder: Path, name: str, endpoint: Mapping[str, object], *files: str) -> Path:
    """Store a context as `docker context create` does; return the folder of its TLS files."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    content = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
    (meta / "meta.json").write_text(json.dumps(content))
    tls = folder / "contexts" / "tls" / digest / "docker"
    for file in files:
        tls.mkdir(parents=True, exist_ok=True)
        (tls / f"{file}.pem").touch()
    return tls


def test_a_context_has_an_address(tmp_path: Path) -> None:
    store(tmp_path, "rootless", {"Host": "unix:///run/user/1000/docker.sock"})
    assert read("rootless", tmp_path) == DockerContext("unix:///run/user/1000/docker.sock")


@pytest.mark.parametrize("skip", [False, True])
def test_a_context_may_have_files_for_tls(tmp_path: Path, skip: bool) -> None:
    endpoint = {"Host": "tcp://h:2376", "SkipTLSVerify": skip}
    folder = store(tmp_path, "far", endpoint, "ca", "cert", "key")
    ca, cert, key = (str(folder / f"{name}.pem") for name in ("ca", "cert", "key"))
    tls = ClientTls(ca, cert, key, verify=not skip)
    assert read("far", tmp_path) == DockerContext("tcp://h:2376", tls)


def test_a_context_can_skip_verification_without_files(tmp_path: Path) -> None:
    store(tmp_path, "lax", {"Host": "tcp://h:2376", "SkipTLSVerify": True})
    assert read("lax", tmp_path).tls == ClientTls(verify=False)


def test_an_unknown_context_is_reported_with_the_known_ones(tmp_path: Path) -> None:
    store(tmp_path, "desktop-linux", {"Host": "unix:///a"})
    store(tmp_path, "colima", {"Host": "unix:///b"})
    assert names(tmp_path) == ["colima", "desktop-linux"]
    with pytest.raises(UsageError) as refused:
        read("desktop-linus", tmp_path)
    assert str(refused.value) == (
        "'desktop-linus' is neither an address (host:port, http://host:port, /path/to.sock) nor "
        "a Docker context; the contexts are: colima, desktop-linux. Did you mean desktop-linux?"
    )


def test_missing_contexts_are_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no contexts"):
        read("localhost", tmp_path)


def test_a_context_without_an_address_is_reported(tmp_path: Path) -> None:
    store(tmp_path, "empty", {})
    with pytest.raises(UsageError, match="the Docker context empty has no address"):
        read("empty", tmp_path)


@pytest.mark.parametrize(
    ("content", "variable", "name"),
    [
        (None, None, ""),
        ("{}", None, ""),
        ("[]", None, ""),
        ("{", None, ""),
        ('{"currentContext": 1}', None, ""),
        ('{"currentContext": "default"}', None, ""),
        ('{"currentContext": "colima"}', None, "colima"),
        ('{"currentContext": "colima"}', "other", "other"),
        ('{"currentContext": "colima"}', "default", ""),
        ('{"currentContext": "colima"}', "", "colima"),
    ],
)
def test_the_current_context_comes_from_the_variable_or_settings(
    tmp_path: Path, content: str | None, variable: str | None, name: str
) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    if variable is not None:
        environment["DOCKER_CONTEXT"] = variable
    assert current(environment) == name


def test_docker_host_overrides_the_current_context(tmp_path: Path) -> None:
    store(tmp_path, "colima", {"Host": "unix:///colima.sock"})
    environment = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "colima"}
    assert docker_environment.read(environment).daemon() == DockerContext("unix:///colima.sock")
    both = docker_environment.read({**environment, "DOCKER_HOST": "tcp://h"})
    assert both.daemon() == DockerContext("tcp://h")
