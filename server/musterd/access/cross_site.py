"""Refusing what a web page asks for behind its reader's back.

A server on loopback trusts whoever can connect, and that can be any page in a browser on the same
machine. What a page asks of another site has an Origin, or says so in Sec-Fetch-Site. A page whose
own name its owner has made to point to 127.0.0.1 has neither, but it has that name in Host. No
client of the API sends any of this: their hosts are addresses, or names without dots (seen:
``docker``, ``localhost``, ``1.28``).
"""

import re
from collections.abc import Collection
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.errors import ForbiddenError

_FOREIGN = ("cross-site", "same-site")
_PORT = re.compile(r":[0-9]*$")
# As zabbix sends it: its version of the API stands where the host should.
_NUMBER = re.compile(r"[0-9.]*")
# How many values of Host to remember.
_HOSTS = 128


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
            if name == b"host" and scope.get("client") and not self._is_known(value):
                raise ForbiddenError(
                    f"the server does not know itself by the name {value.decode('latin-1')!r}; "
                    "start it with --host-name if it should"
                )

    def _knows(self, host: bytes) -> bool:
        if self._host_names is None:
            return True
        name = _PORT.sub("", host.decode("latin-1").strip()).rstrip(".").lower()
        return (
            "." not in name
            or name.endswith(".localhost")
            or name in self._host_names
            or _NUMBER.fullmatch(name) is not None
            # An address of IPv6.
            or name.startswith("[")
        )
