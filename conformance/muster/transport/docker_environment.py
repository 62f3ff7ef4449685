"""Finds the same daemon as Docker's own command line.

The rules are those of docker/cli (`cli/flags/options.go`, `opts/hosts.go`, `cli/command/cli.go`),
confirmed with Docker 28.2: DOCKER_HOST takes precedence over DOCKER_CONTEXT, and that over the
current context.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from muster.errors import UsageError
from muster.transport import docker_contexts
from muster.transport.docker_contexts import DockerContext
from muster.transport.tls import ClientTls

UNSPOKEN = ("npipe", "fd", "ssh")
"""Schemes that Docker supports and muster does not."""


@dataclass(frozen=True, slots=True)
class DockerEnvironment:
    """What the environment says about Docker's daemon.

    Attributes:
        host: DOCKER_HOST; empty if it is not set.
        tls: TLS settings for TCP addresses; None for no TLS.
        context: The name of the context in use; empty for the default one.
        configuration: The folder of Docker's command line; None for no contexts.
    """

    host: str = ""
    tls: ClientTls | None = None
    context: str = ""
    configuration: Path | None = None

    def daemon(self) -> DockerContext | None:
        """Return where Docker's command line finds its daemon; None if nothing is configured.

        Raises:
            UsageError: If muster cannot reach that address.
        """
        if self.host:
            return DockerContext(_address(self.host), self.tls)
        if self.context:
            return self.named(self.context)
        return DockerContext("tcp://localhost:2376", self.tls) if self.tls else None

    def named(self, context: str) -> DockerContext:
        """Return where the daemon of *context* is.

        Raises:
            UsageError: If there is no such context, or muster cannot reach its daemon.
        """
        return docker_contexts.read(context, self.configuration or Path())


def read(environment: Mapping[str, str]) -> DockerEnvironment:
    """Read the variables of Docker's command line, and the name of the context in use.

    `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_TLS_VERIFY`, `DOCKER_TLS`, `DOCKER_CERT_PATH`,
    `DOCKER_CONFIG`.

    Args:
        environment: The environment variables.
    """
    return DockerEnvironment(
        host=environment.get("DOCKER_HOST", "").strip(),
        tls=_tls(environment),
        context=docker_contexts.current(environment),
        configuration=docker_contexts.folder(environment),
    )


def _tls(environment: Mapping[str, str]) -> ClientTls | None:
    # Any non-empty value means yes, even 0.
    verify = environment.get("DOCKER_TLS_VERIFY", "") != ""
    if not verify and not environment.get("DOCKER_TLS"):
        return None
    named = environment.get("DOCKER_CERT_PATH")
    folder = Path(named) if named else docker_contexts.folder(environment)
    ca, cert, key = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
    # Docker presents a certificate only if both files exist, and refuses to start without ca.pem.
    if cert.exists() and key.exists():
        return ClientTls(str(ca), str(cert), str(key), verify)
    return ClientTls(str(ca), verify=verify)


def _address(host: str) -> str:
    scheme, separator, _ = host.partition("://")
    if scheme in UNSPOKEN and separator:
        raise UsageError(
            f"DOCKER_HOST is {host!r}, which muster does not speak: name the server as TARGET, "
            "or forward its socket"
        )
    # Docker 29 reads it as a path if it looks like one, and otherwise as TCP.
    if separator or host.startswith(("/", "./")):
        return host
    return f"tcp://{host}"
