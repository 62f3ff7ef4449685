"""Open connections to registries."""

import ssl

import httpx

from musterd.registry.addresses import Registries, RegistryAddress
from musterd.registry.credentials import RegistryCredentials
from musterd.registry.session import Session

# Seconds: to connect, and for the next piece of a response.
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_MOST = httpx.Limits(max_connections=4, max_keepalive_connections=4)


def open_session(
    registries: Registries,
    address: RegistryAddress,
    repository: str,
    credentials: RegistryCredentials,
    actions: str,
) -> Session:
    """Open a session, which verifies certificates by the system's authorities.

    Args:
        registries: The registries that may be asked.
        address: The one to ask.
        repository: The repository, without the name of the registry.
        credentials: Those of the client.
        actions: What the session is for: ``pull``, or ``pull,push``.
    """
    http = httpx.AsyncClient(
        verify=ssl.create_default_context() if address.url.startswith("https:") else True,
        timeout=_TIMEOUT,
        limits=_MOST,
        follow_redirects=False,
        # No proxies, and no other credentials than those of the client.
        trust_env=False,
    )
    return Session(http, registries, address, repository, credentials, actions)
