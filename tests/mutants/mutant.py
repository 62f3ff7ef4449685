"""The base class of servers with one fault."""

from __future__ import annotations

from typing import ClassVar

from .stand_in import StandIn


class Mutant(StandIn):
    """A server with one fault, which the name of its class says.

    `kills` is the requirement that must notice; `also` are others that cannot but notice too;
    `version` is where it is tried. Where a server had the fault in public, the docstring names it.
    """

    kills: ClassVar[str]
    version: ClassVar[str] = "1.23"
    also: ClassVar[frozenset[str]] = frozenset()
