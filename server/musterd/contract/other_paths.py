"""The operations of the Docker API that musterd does not have, and what it answers.

To a read of one container, network, volume or plugin, or of a swarm, it answers as a daemon does
that has none. Anything else it refuses, and says why.

From moby's ``api/swagger.yaml`` v1.25 to v1.55, and for older versions its
``docs/reference/api/docker_remote_api_v1.18.md`` to v1.24.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

_NO_SWARM = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
# The reasons for refusing operations, with the operations. A name may contain slashes.
_REFUSED = {
    "musterd serves images, not containers": """
        POST /containers/create
        POST /containers/prune
        POST /containers/{id}/resize
        POST /containers/{id}/start
        POST /containers/{id}/stop
        POST /containers/{id}/restart
        POST /containers/{id}/kill
        POST /containers/{id}/update
        POST /containers/{id}/rename
        POST /containers/{id}/pause
        POST /containers/{id}/unpause
        POST /containers/{id}/attach
        POST /containers/{id}/wait
        POST /containers/{id}/copy
        PUT /containers/{id}/archive
        DELETE /containers/{id}
        POST /containers/{id}/exec
        POST /exec/{id}/start
        POST /exec/{id}/resize
        POST /commit
    """,
    "musterd keeps no layers, so it can neither build nor save images": """
        GET /images/{name}/get
        GET /images/get
        POST /build
        POST /build/prune
        POST /build/cancel
        GET /distribution/{name}/json
        POST /session
        POST /grpc
    """,
    "musterd verifies no credentials for registries; clients send them with a pull": """
        POST /auth
    """,
    "musterd serves images, not networks": """
        GET /networks
        POST /networks/create
        POST /networks/prune
        DELETE /networks/{id}
        POST /networks/{id}/connect
        POST /networks/{id}/disconnect
    """,
    "musterd serves images, not volumes": """
        GET /volumes
        POST /volumes/create
        POST /volumes/prune
        PUT /volumes/{name}
        DELETE /volumes/{name}
    """,
    "musterd serves images, not plugins": """
        GET /plugins
        GET /plugins/privileges
        POST /plugins/pull
        POST /plugins/create
        DELETE /plugins/{name}
        POST /plugins/{name}/enable
        POST /plugins/{name}/disable
        POST /plugins/{name}/upgrade
        POST /plugins/{name}/push
        POST /plugins/{name}/set
    """,
    "musterd serves images, not swarms": """
        POST /swarm/init
        POST /swarm/join
        POST /swarm/leave
        POST /swarm/update
        POST /swarm/unlock
        DELETE /nodes/{id}
        POST /nodes/{id}/update
        POST /services/create
        DELETE /services/{id}
        POST /services/{id}/update
        POST /secrets/create
        DELETE /secrets/{id}
        POST /secrets/{id}/update
        POST /configs/create
        DELETE /configs/{id}
        POST /configs/{id}/update
    """,
}
# The answers to reads of what is not there, in the words of Docker 20.10.24 and 28.5.2, with the
# operations. `{}` stands for the name.
_READS: Mapping[tuple[int, str], str] = {
    (404, "No such container: {}"): """
        GET /containers/{name}/json
        GET /containers/{name}/top
        GET /containers/{name}/logs
        GET /containers/{name}/changes
        GET /containers/{name}/export
        GET /containers/{name}/stats
        GET /containers/{name}/attach/ws
        HEAD /containers/{name}/archive
        GET /containers/{name}/archive
    """,
    (404, "No such exec instance: {}"): """
        GET /exec/{name}/json
    """,
    (404, "network {} not found"): """
        GET /networks/{name}
    """,
    (404, "get {}: no such volume"): """
        GET /volumes/{name}
    """,
    (404, 'plugin "{}" not found'): """
        GET /plugins/{name}/json
    """,
    (503, _NO_SWARM): """
        GET /swarm
        GET /swarm/unlockkey
        GET /nodes
        GET /nodes/{id}
        GET /services
        GET /services/{id}
        GET /services/{id}/logs
        GET /tasks
        GET /tasks/{id}
        GET /tasks/{id}/logs
        GET /secrets
        GET /secrets/{id}
        GET /configs
        GET /configs/{id}
    """,
}
# What matches the one parameter of a path.
_NAMES = {"{id}": "([^/]+)", "{name}": "(.+)"}
_PARAMETER = re.compile(r"\{\w+\}")
_UNSUPPORTED = 501


class Refusal(NamedTuple):
    """The answer to an operation that musterd does not have.

    Attributes:
        status: The status.
        message: The message.
    """

    status: int
    message: str


class _Row(NamedTuple):
    status: int
    message: str
    method: str
    path: re.Pattern[str]


def refusal(method: str, path: str) -> Refusal | None:
    """Return the answer to an operation; None if Docker does not have it either.

    Args:
        method: The method.
        path: The path without the API version.
    """
    for row in _table():
        found = row.path.fullmatch(path) if row.method == method else None
        if found is not None:
            if row.status == _UNSUPPORTED:
                return Refusal(row.status, f"{row.message}: {method} {path}")
            return Refusal(row.status, row.message.format(*found.groups()))
    return None


@cache
def _table() -> tuple[_Row, ...]:
    refused = {(_UNSUPPORTED, why): operations for why, operations in _REFUSED.items()}
    return tuple(_rows({**_READS, **refused}))


def _rows(answers: Mapping[tuple[int, str], str]) -> Iterator[_Row]:
    for (status, message), operations in answers.items():
        for line in operations.split("\n"):
            method, _, path = line.strip().partition(" ")
            if method:
                pattern = _PARAMETER.sub(lambda found: _NAMES[found[0]], path)
                yield _Row(status, message, method, re.compile(pattern))
