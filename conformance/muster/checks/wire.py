"""Rules on connections: content coding, the response after an error, several at once."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import replace

from muster.checks import askable, steps
from muster.checks.check import Context, Parallel, Steps, check
from muster.checks.steps import Listing
from muster.model.exchange import Exchange, Request, Response
from muster.model.image import NotAListing, listing
from muster.model.query import ALL, PATH, PLAIN, Query, request
from muster.register.verdict import Departure, Inconclusive, Passed

CODINGS = ("gzip", "gzip, deflate, br", "gzip;q=1.0, identity; q=0.5, *;q=0")
"""Values of Accept-Encoding from Go's client, browsers and RFC 9110 (12.5.3)."""

GZIP = ("gzip", "x-gzip")

TRUTHS = ("true", "false")

PLAIN_CODINGS = ("identity", "gzip;q=0", "")
"""Values of Accept-Encoding that forbid gzip."""

UNREAD_BODY = b'{"all":true}'
"""A body that no server reads, since GET has none."""

MISTAKES = (
    request(("filters", "{")),
    request(("filters", '{"muster":["1"]}')),
    Request(f"{PATH}/x"),
    Request(PATH, method="HEAD"),
    Request(PATH, method="HEAD", body=UNREAD_BODY),
    Request(PATH, headers=(("Content-Type", "application/json"),), body=UNREAD_BODY),
    PLAIN,
)
"""Requests after which the connection must continue to work: most are invalid."""

MANY_FAIL = 4
"""The error rate, as one in this many responses, that is no longer chance."""

TIMES = 4
"""How often each connection repeats its requests."""


@check("HTTP-CONTENT-CODING")
def a_content_coding_changes_nothing(_: Context) -> Steps[Passed]:
    """Listings and an error with `Accept-Encoding`, decoded where they come encoded."""
    usual = yield from steps.default_listing()
    for coding in ("", *CODINGS, *PLAIN_CODINGS):
        headers = (("Accept-Encoding", coding),) if coding else ()
        exchange, response = yield from steps.fetch(replace(PLAIN, headers=headers))
        found = _decoded(exchange, response, allowed=coding in CODINGS)
        message = f"Accept-Encoding: {coding} changes the listing"
        steps.require_same_images(usual, found, message)
    yield from _encoded_otherwise()
    return Passed()


def _encoded_otherwise() -> Steps[None]:
    """Check other answers with `Accept-Encoding: gzip`: filtered listings, and errors."""
    headers = (("Accept-Encoding", CODINGS[0]),)
    for asked in (ALL, *(Query(filters={"dangling": [each]}).request() for each in TRUTHS)):
        plain = yield from steps.fetch(asked)
        if plain[1].is_error:
            continue
        exchange, response = yield from steps.fetch(replace(asked, headers=headers))
        found = _decoded(exchange, response, allowed=True)
        message = f"Accept-Encoding: {CODINGS[0]} changes a filtered listing"
        steps.require_same_images(steps.as_listing(plain[0]), found, message)
    exchange, response = yield from steps.fetch(replace(MISTAKES[0], headers=headers))
    if response.headers.get("content-encoding", "").strip().lower() in GZIP:
        _decompressed(exchange, response)


def _decompressed(exchange: Exchange, response: Response) -> bytes:
    try:
        return gzip.decompress(response.body)
    except (OSError, EOFError, zlib.error) as error:
        raise Departure(f"an answer encoded as gzip cannot be read: {error}", [exchange]) from error


def _decoded(exchange: Exchange, response: Response, *, allowed: bool) -> Listing:
    """Return the listing in *response*, which may be encoded only if *allowed*."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        return steps.as_listing(exchange)
    if not allowed or coding not in GZIP:
        raise Departure(
            f"an answer is encoded as {coding}, which the client does not accept",
            [exchange],
            ["- Content-Encoding: identity", f"+ Content-Encoding: {coding}"],
        )
    body = _decompressed(exchange, response)
    try:
        return Listing(exchange, listing(replace(response, body=body)))
    except NotAListing as error:
        raise Departure(f"an answer encoded as gzip is no listing: {error}", [exchange]) from error


@check("HTTP-AFTER-ERROR")
def a_connection_continues_after_an_error(_: Context) -> Steps[Passed]:
    """Listings on the connection on which an error, or a body, was just answered."""
    usual = yield from steps.default_listing()
    for mistake in MISTAKES:
        try:
            yield from _listed_behind(mistake, usual)
        except Departure:
            # An intermittent failure need not be caused by the previous request.
            yield from _listed_behind(mistake, usual)
    everything = yield from steps.require_listing(ALL)
    for mistake in MISTAKES[:2]:
        yield from _listed_behind(mistake, everything)
    return Passed()


def _listed_behind(mistake: Request, usual: Listing) -> Steps[None]:
    """Check that the listing behind *mistake*, on a connection of their own, is *usual*."""
    ((exchange, behind),) = yield Parallel(((mistake, usual.exchange.request),))
    try:
        steps.require_same_images(usual, steps.as_listing(behind), "")
    except Departure as departure:
        told = departure.message and f": {departure.message}"
        raise Departure(
            f"{mistake.method} {mistake.target} changes the next answer on its connection{told}",
            [exchange, *departure.exchanges],
            departure.difference,
            together=True,
        ) from departure


@check("HTTP-CONCURRENT")
def connections_do_not_mix(context: Context) -> Steps[Passed]:
    """Concurrent connections with different requests; each gets the response that it gets alone."""
    everything = yield from steps.full_listing()
    asked = _different(context, everything)
    alone = yield from _each(asked)
    again = yield from _each(asked)
    stable = [
        position
        for position, (one, other) in enumerate(zip(alone, again, strict=True))
        if _content(one) == _content(other)
    ]
    if len(stable) < 2:  # noqa: PLR2004 - with one there is nothing to mix it with
        raise Inconclusive("the server does not repeat its answers (see LIST-REPEATABLE)")
    sequences = tuple((asked[position],) * TIMES for position in stable)
    answers: tuple[tuple[Exchange, ...], ...] = yield Parallel(sequences)
    failed: list[tuple[Exchange, Exchange]] = []
    for position, exchanges in zip(stable, answers, strict=True):
        for exchange in exchanges:
            # A refused or closed connection is not a mixed-up response.
            if exchange.response is None or _content(exchange) == _content(alone[position]):
                continue
            if not exchange.response.is_server_error:
                raise _mixed(alone[position], exchange, alone)
            failed.append((alone[position], exchange))
    # A server that fails now and then fails here as well, for no reason of this rule's.
    if len(failed) * MANY_FAIL >= len(stable) * TIMES:
        raise _mixed(*failed[0], alone)
    return Passed()


def _different(context: Context, everything: Listing) -> list[Request]:
    """Return requests with different answers, as far as the images allow."""
    labels = [key for key in askable.keys(everything.images) if "=" not in key]
    tags = sorted(tag for image in everything.images for tag in image.tags)
    return [
        PLAIN,
        ALL,
        Query(digests=True).request(),
        replace(PLAIN, version=""),
        request(("filters", "{")),
        *(Query(filters={"dangling": [value]}).request() for value in ("true", "false")),
        Query(filters={"dangling": ["true"]}).request(form="map"),
        replace(PLAIN, version="/v9.99"),
        *(Query(filters={"label": [key]}).request() for key in context.some(labels, at_most=2)),
        *(request(("filter", tag)) for tag in context.some(tags, at_most=1)),
    ]


def _each(asked: Sequence[Request]) -> Steps[list[Exchange]]:
    exchanges: list[Exchange] = []
    for each in asked:
        exchanges.append((yield each))  # noqa: PERF401 - a comprehension cannot yield
    return exchanges


def _content(exchange: Exchange) -> tuple[object, ...]:
    """Return the content of a response, ignoring the order of images and of their digests."""
    response = exchange.response
    if response is None:
        return (exchange.error,)
    try:
        images = listing(response)
    except NotAListing:
        return (response.status,)
    shown = ({**image.raw, "RepoDigests": sorted(image.digests or ())} for image in images)
    return (response.status, *sorted(map(repr, shown)))


def _mixed(alone: Exchange, exchange: Exchange, others: Sequence[Exchange]) -> Departure:
    same = [each for each in others if _content(each) == _content(exchange)]
    got = (
        f"gets the answer to GET {same[0].request.target}"
        if same
        else "gets another answer than alone"
    )
    return Departure(
        f"while other connections ask, GET {alone.request.target} {got}",
        [alone, exchange],
        together=True,
    )
