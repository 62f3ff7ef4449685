"""Where Docker's own command line finds its daemon, so that the suite finds the same one.

As docker/cli has it (`cli/flags/options.go`, `opts/hosts.go`), and as Docker 28.2 was seen to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from muster.errors import UsageError
from muster.transport.tls import ClientTls

ABSENT = ("npipe", "fd", "ssh")
"""Schemes that Docker knows and the suite does not speak."""


@dataclass(frozen=True, slots=True)
class DockerEnvironment:
    """What the environment says of Docker's daemon.

    Attributes:
        host: its address, `unix:///path` or `tcp://host[:port]`; empty if there is none.
        tls: how TLS is spoken with addresses of TCP; None where it is not.
    """

    host: str = ""
    tls: ClientTls | None = None


def read(environment: Mapping[str, str]) -> DockerEnvironment:
    """Read `DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_TLS`, `DOCKER_CERT_PATH`, `DOCKER_CONFIG`.

    Args:
        environment: the environment variables.
    """
    tls = _tls(environment)
    host = environment.get("DOCKER_HOST", "").strip()
    if not host:
        return DockerEnvironment("tcp://localhost:2376" if tls else "", tls)
    return DockerEnvironment(_address(host), tls)


def _tls(environment: Mapping[str, str]) -> ClientTls | None:
    # Any text is yes, 0 as well.
    verify = environment.get("DOCKER_TLS_VERIFY", "") != ""
    if not verify and not environment.get("DOCKER_TLS"):
        return None
    named = environment.get("DOCKER_CERT_PATH") or environment.get("DOCKER_CONFIG")
    folder = Path(named) if named else Path(environment.get("HOME") or Path.home(), ".docker")
    ca, cert, key = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
    # Docker shows a certificate where it has both files, and without ca.pem it does not begin.
    if cert.exists() and key.exists():
        return ClientTls(str(ca), str(cert), str(key), verify)
    return ClientTls(str(ca), verify=verify)


def _address(host: str) -> str:
    scheme, separator, rest = host.partition("://")
    if not separator:
        # Docker 29 takes it for a path where it looks like one.
        is_path = host.startswith(("/", "./"))
        return f"unix://{Path(host).absolute()}" if is_path else f"tcp://{host}"
    if scheme in ABSENT:
        raise UsageError(
            f"DOCKER_HOST is {host!r}, which muster does not speak: name the server as TARGET, "
            "or forward its socket"
        )
    if scheme == "unix" and not rest:
        return "unix:///var/run/docker.sock"
    return f"tcp://localhost{rest}" if scheme == "tcp" and rest[:1] in ("", ":", "/") else host
