"""The operations of the Docker API that musterd does not have, and why.

From moby's ``api/swagger.yaml`` v1.25 to v1.55, and for older versions its
``docs/reference/api/docker_remote_api_v1.18.md`` to v1.24.
"""

import re
from collections.abc import Iterator
from functools import cache

# The reasons for refusing operations, with the operations. A name may contain slashes.
_OPERATIONS = {
    "musterd serves images, not containers": """
        POST /containers/create
        POST /containers/prune
        GET /containers/{id}/json
        GET /containers/{id}/top
        GET /containers/{id}/logs
        GET /containers/{id}/changes
        GET /containers/{id}/export
        GET /containers/{id}/stats
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
        GET /containers/{id}/attach/ws
        POST /containers/{id}/wait
        POST /containers/{id}/copy
        HEAD /containers/{id}/archive
        GET /containers/{id}/archive
        PUT /containers/{id}/archive
        DELETE /containers/{id}
        POST /containers/{id}/exec
        POST /exec/{id}/start
        POST /exec/{id}/resize
        GET /exec/{id}/json
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
        GET /networks/{id}
        DELETE /networks/{id}
        POST /networks/{id}/connect
        POST /networks/{id}/disconnect
    """,
    "musterd serves images, not volumes": """
        GET /volumes
        POST /volumes/create
        POST /volumes/prune
        GET /volumes/{name}
        PUT /volumes/{name}
        DELETE /volumes/{name}
    """,
    "musterd serves images, not plugins": """
        GET /plugins
        GET /plugins/privileges
        POST /plugins/pull
        POST /plugins/create
        GET /plugins/{name}/json
        DELETE /plugins/{name}
        POST /plugins/{name}/enable
        POST /plugins/{name}/disable
        POST /plugins/{name}/upgrade
        POST /plugins/{name}/push
        POST /plugins/{name}/set
    """,
    "musterd serves images, not swarms": """
        GET /swarm
        POST /swarm/init
        POST /swarm/join
        POST /swarm/leave
        POST /swarm/update
        GET /swarm/unlockkey
        POST /swarm/unlock
        GET /nodes
        GET /nodes/{id}
        DELETE /nodes/{id}
        POST /nodes/{id}/update
        GET /services
        POST /services/create
        GET /services/{id}
        DELETE /services/{id}
        POST /services/{id}/update
        GET /services/{id}/logs
        GET /tasks
        GET /tasks/{id}
        GET /tasks/{id}/logs
        GET /secrets
        POST /secrets/create
        GET /secrets/{id}
        DELETE /secrets/{id}
        POST /secrets/{id}/update
        GET /configs
        POST /configs/create
        GET /configs/{id}
        DELETE /configs/{id}
        POST /configs/{id}/update
    """,
}
# What matches the one parameter of a path.
_NAMES = {"{id}": "[^/]+", "{name}": ".+"}
_PARAMETER = re.compile(r"\{\w+\}")


def reason(method: str, path: str) -> str | None:
    """Return why musterd does not have an operation; None if Docker does not have it either.

    Args:
        method: The method.
        path: The path without the API version.
    """
    return next(
        (why for why, known, pattern in _table() if known == method and pattern.fullmatch(path)),
        None,
    )


@cache
def _table() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple(_rows())


def _rows() -> Iterator[tuple[str, str, re.Pattern[str]]]:
    for why, operations in _OPERATIONS.items():
        for line in operations.split("\n"):
            method, _, path = line.strip().partition(" ")
            if method:
                pattern = _PARAMETER.sub(lambda found: _NAMES[found[0]], path)
                yield why, method, re.compile(pattern)
