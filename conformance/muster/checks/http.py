"""Rules on the endpoint's address: versions, paths and methods."""

from __future__ import annotations

from muster import evidence
from muster.check import Context, Steps, check
from muster.exchange import Request
from muster.query import PATH
from muster.verdict import Departure, Held


@check("HTTP-VERSION-TOO-NEW")
def newer_versions_are_refused(_: Context) -> Steps[Held]:
    """An API version that does not exist."""
    exchange, response = yield from evidence.answered(Request(PATH, version="/v9.99"))
    if response.status != 400:  # noqa: PLR2004 - the status that every engine of Docker's gives it
        raise Departure(
            f"a version that does not exist is answered with status {response.status}",
            [exchange],
            ["- status 400", f"+ status {response.status}"],
        )
    return Held()


@check("HTTP-UNVERSIONED")
def the_version_may_be_left_out(_: Context) -> Steps[Held]:
    """The path of the seed's example requests."""
    yield from evidence.listed(Request(PATH, version=""))
    return Held()


@check("HTTP-TRAILING-SLASH")
def a_trailing_slash_is_another_path(_: Context) -> Steps[Held]:
    """`/images/json/`."""
    exchange, response = yield from evidence.answered(Request(PATH + "/"))
    if response.status != 404:  # noqa: PLR2004 - the status that Docker's engines give it
        raise Departure(
            f"an unknown path is answered with status {response.status}",
            [exchange],
            ["- status 404", f"+ status {response.status}"],
        )
    return Held()


@check("HTTP-HEAD")
def how_head_is_answered(_: Context) -> Steps[Held]:
    """`HEAD /images/json`."""
    exchange, response = yield from evidence.answered(Request(PATH, method="HEAD"))
    return Held(f"HEAD is answered with status {response.status}", (exchange,))
