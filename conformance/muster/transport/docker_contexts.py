"""Contexts of Docker's command line: named addresses of daemons, with their TLS files.

docker/cli 28 (`cli/context/store`) keeps them in its configuration folder:
`contexts/meta/<SHA-256 of the name>/meta.json` and `contexts/tls/<SHA-256 of the name>/docker/`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muster.errors import UsageError
from muster.transport.tls import ClientTls

DEFAULT = "default"
"""The name of the context for the environment variables, which is never stored."""


@dataclass(frozen=True, slots=True)
class DockerContext:
    """The address of a context's daemon.

    Attributes:
        host: Its address, in the form of DOCKER_HOST.
        tls: TLS settings; None for no TLS.
    """

    host: str
    tls: ClientTls | None = None


def folder(environment: Mapping[str, str]) -> Path:
    """Return the configuration folder of Docker's command line."""
    named = environment.get("DOCKER_CONFIG")
    return Path(named) if named else Path(environment.get("HOME") or Path.home(), ".docker")


def current(environment: Mapping[str, str]) -> str:
    """Return the name of the context in use; empty for the default one.

    DOCKER_CONTEXT takes precedence over `docker context use`, which writes config.json.
    """
    file = folder(environment) / "config.json"
    name = environment.get("DOCKER_CONTEXT") or _load(file).get("currentContext")
    return name if isinstance(name, str) and name != DEFAULT else ""


def names(configuration: Path) -> list[str]:
    """Return the names of all contexts in the folder *configuration*."""
    files = configuration.glob("contexts/meta/*/meta.json")
    found = [_load(file).get("Name") for file in files]
    return sorted(name for name in found if isinstance(name, str))


def read(name: str, configuration: Path) -> DockerContext:
    """Read the context *name*.

    Raises:
        UsageError: If it does not exist, or has no address.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()
    file = configuration / "contexts" / "meta" / digest / "meta.json"
    if not file.exists():
        raise _unknown(name, configuration)
    endpoint = _load(file).get("Endpoints", {}).get("docker", {})
    host = endpoint.get("Host", "")
    if not host:
        raise UsageError(f"the Docker context {name} has no address: {file}")
    files = configuration / "contexts" / "tls" / digest / "docker"
    ca, cert, key = (
        str(each) if (each := files / f"{part}.pem").exists() else ""
        for part in ("ca", "cert", "key")
    )
    skip = bool(endpoint.get("SkipTLSVerify"))
    tls = ClientTls(ca, cert, key, verify=not skip) if ca or cert or skip else None
    return DockerContext(host, tls)


def _unknown(name: str, configuration: Path) -> UsageError:
    there = names(configuration)
    close = difflib.get_close_matches(name, there, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    listed = f"the contexts are: {', '.join(there)}" if there else "there are no contexts"
    return UsageError(
        f"{name!r} is neither an address (host:port, http://host:port, /path/to.sock) nor a Docker "
        f"context; {listed}.{hint}"
    )


def _load(file: Path) -> Any:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        content = {}
    return content if isinstance(content, dict) else {}
