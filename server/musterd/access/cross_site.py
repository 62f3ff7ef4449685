"""Refuse requests that web pages send without their reader's knowledge.

A server on loopback trusts whoever can connect, and that includes every page in a browser on the
same machine. A cross-site request has an Origin header, or a Sec-Fetch-Site header that says so. A
page whose domain was made to resolve to 127.0.0.1 sends neither, but has that domain in Host. No
API client sends any of this: their hosts are addresses, or names without dots (seen: ``docker``,
``localhost``, ``1.28``).
"""

import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.errors import ForbiddenError

_IPV6 = 6
_FOREIGN = ("cross-site", "same-site")
# The name may be a number: zabbix sends its API version in place of the host.
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.%]*\]|[^:\[\]]*)(?::[0-9]*)?")
_NUMBER = re.compile(r"[0-9.]*")
# Host values to cache, and bytes of the longest DNS name with a port.
_HOSTS, _MAX_HOST = 128, 260


class CrossSiteGuard:
    """Refuse requests from web pages.

    Args:
        app: The application for all other requests.
        host_names: Additional names of this server that Host may have; None for any.
    """

    def __init__(self, app: ASGIApp, host_names: Collection[str] | None) -> None:
        self._app = app
        self._host_names = host_names
        # Most clients send the same Host, and a check takes as long as the rest of this middleware.
        self._is_known = lru_cache(maxsize=_HOSTS)(self._knows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged.

        Raises:
            ForbiddenError: A web page of another site may have sent it.
        """
        if scope["type"] == "http":
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"origin" or (
                name == b"sec-fetch-site" and value.decode("latin-1").strip().lower() in _FOREIGN
            ):
                raise ForbiddenError("web pages of other sites may not ask this server anything")
            # Browsers cannot connect to a Unix socket.
            if name == b"host" and scope.get("client") and not self._may_be(value):
                shown = value[:_MAX_HOST].decode("latin-1")
                raise ForbiddenError(
                    f"the server does not know itself by the name {shown!r}; "
                    "start it with --host-name if it should"
                )

    def _may_be(self, host: bytes) -> bool:
        # A longer Host is never valid, and not worth caching.
        return self._host_names is None or (len(host) <= _MAX_HOST and self._is_known(host))

    def _knows(self, host: bytes) -> bool:
        text = host.decode("latin-1").strip().lower()
        found = _HOST.fullmatch(text)
        if found is None:
            return _is_bare_ipv6(text)
        name = found["name"].rstrip(".")
        return (
            "." not in name
            or name.endswith(".localhost")
            or name in (self._host_names or ())
            or _NUMBER.fullmatch(name) is not None
            # An IPv6 address.
            or name.startswith("[")
        )


def _is_bare_ipv6(text: str) -> bool:
    """Tell whether this is an IPv6 address without brackets."""
    try:
        return ipaddress.ip_address(text).version == _IPV6
    except ValueError:
        return False
