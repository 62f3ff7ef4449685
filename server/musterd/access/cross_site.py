"""Refusing what a web page asks for behind its reader's back.

A server on loopback trusts whoever can connect, and that can be any page in a browser on the same
machine. What a page asks of another site has an Origin, or says so in Sec-Fetch-Site. A page whose
own name its owner has made to point to 127.0.0.1 has neither, but it has that name in Host. No
client of the API sends any of this: their hosts are addresses, or names without dots (seen:
``docker``, ``localhost``, ``1.28``).
"""

import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.errors import ForbiddenError

_IPV6 = 6
_FOREIGN = ("cross-site", "same-site")
# The name may be a number, as zabbix sends it: its version of the API stands where the host should.
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.%]*\]|[^:\[\]]*)(?::[0-9]*)?")
_NUMBER = re.compile(r"[0-9.]*")
# How many values of Host to remember, and octets of the longest name in DNS with a port.
_HOSTS, _MAX_HOST = 128, 260


class CrossSiteGuard:
    """Refuses web pages.

    Args:
        app: What answers all others.
        host_names: Further names of this server that clients may send in Host; None for any.
    """

    def __init__(self, app: ASGIApp, host_names: Collection[str] | None) -> None:
        self._app = app
        self._host_names = host_names
        # Most clients say the same; to look at it anew takes as long as all else here together.
        self._is_known = lru_cache(maxsize=_HOSTS)(self._knows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP goes through untouched.

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
            # Whoever connects over a Unix socket is no browser.
            if name == b"host" and scope.get("client") and not self._may_be(value):
                shown = value[:_MAX_HOST].decode("latin-1")
                raise ForbiddenError(
                    f"the server does not know itself by the name {shown!r}; "
                    "start it with --host-name if it should"
                )

    def _may_be(self, host: bytes) -> bool:
        # What is too long is nobody's name, and not worth remembering.
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
            # An address of IPv6.
            or name.startswith("[")
        )


def _is_bare_ipv6(text: str) -> bool:
    """Tell whether this is an address without the brackets that belong around it."""
    try:
        return ipaddress.ip_address(text).version == _IPV6
    except ValueError:
        return False
