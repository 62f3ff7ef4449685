"""The addresses of ``musterd serve``, and the engine at each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from musterd.departures.imitation import Imitation
from musterd.http import sockets
from musterd.http.sockets import Address

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from musterd.app import Applications
    from musterd.control.engine_switch import EngineSwitch

# The name of an engine before an address. There may be an equals sign in the path of a socket, but
# only after the colon of the scheme.
_NAMED = re.compile(r"(?P<engine>[^=:/]*)=(?P<address>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ServedAddress:
    """An address to listen on.

    Attributes:
        address: The address.
        engine: The name of the engine there; None for that of the options.
    """

    address: Address
    engine: str | None


def parse(text: str) -> ServedAddress:
    """Parse an address such as ``tcp://127.0.0.1:2375`` or ``docker-28=unix:///tmp/docker.sock``.

    Raises:
        AddressError: It is no address.
        ServeError: There is no such engine; the message lists all.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        return ServedAddress(sockets.parse(text), None)
    Imitation(engine=found["engine"]).resolve()
    return ServedAddress(sockets.parse(found["address"]), found["engine"])


def check(addresses: Sequence[ServedAddress], imitation: Imitation) -> None:
    """Check that the options about the engine concern an address.

    Raises:
        click.UsageError: They do not.
        ServeError: There is no such engine or departure, or a version is invalid.
    """
    imitation.resolve()
    if imitation != Imitation() and all(each.engine for each in addresses):
        raise click.UsageError(
            "--engine, --api-min, --api-max and --depart are for addresses without an engine of "
            "their own: add one, --listen tcp://HOST:PORT, or leave them out."
        )


def application(
    applications: "Applications", addresses: Sequence[ServedAddress], imitation: Imitation
) -> "tuple[ASGIApp, EngineSwitch | None]":
    """Return the application for all addresses, and what changes the engine of those without one.

    Args:
        applications: Builds them.
        addresses: The addresses.
        imitation: What to imitate at addresses that name no engine.
    """
    # The server takes time to load, which the other commands need not wait for.
    from musterd.control.engine_switch import EngineSwitch  # noqa: PLC0415
    from musterd.http.by_listener import ByListener  # noqa: PLC0415

    names = [each.engine for each in addresses]
    built: dict[str | None, ASGIApp] = {
        name: applications.imitating(Imitation(engine=name)) for name in names if name is not None
    }
    switch = None
    if None in names:
        switch = built[None] = EngineSwitch(applications.imitating, imitation)
    if len(built) == 1:
        return built[names[0]], switch
    return ByListener([built[name] for name in names]), switch
