"""Rules on the endpoint's address: paths, the query's spelling and headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from muster.checks import planted_steps, steps
from muster.checks.check import Context, Parallel, Steps, check
from muster.checks.listing.errors import refused
from muster.model.exchange import Exchange, Request
from muster.model.query import ALL, PATH, PLAIN
from muster.register.verdict import Departure, Passed

NOT_FOUND, NOT_ALLOWED = 404, 405
UNKNOWN = (NOT_FOUND, NOT_ALLOWED)
DENIED = (401, 403)

OTHER_PATHS = (
    Request("/images/JSON"),
    Request("/Images/json"),
    Request("/images/json%20"),
    Request("/images/json.json"),
    Request("/images/json/x"),
    Request(PATH, version="/latest"),
    Request(PATH, version="/1.23"),
)
"""Paths that no engine has, and that cannot be names of images."""

ENCODED = ("/%69mages/json", "/images/%6Ason")

HEADERS = (
    ("Accept", "text/html"),
    ("Content-Type", "muster"),
    ("If-None-Match", '"muster"'),
    ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Accept-Language", "tlh"),
)

BAD_ESCAPES = ("x=%zz", "all=1%2", "filters=%zz")


def answered_with(
    requests: Iterable[Request], statuses: tuple[int, ...], what: str
) -> Steps[Passed]:
    """Check that each of *requests* is answered with one of *statuses*.

    Args:
        requests: What to send.
        statuses: The statuses of correct answers.
        what: What the requests have in common, as the subject of a sentence.

    Raises:
        Departure: At the first with another status.
    """
    for asked in requests:
        exchange, response = yield from steps.fetch(asked)
        if response.status not in statuses:
            raise Departure(
                f"{what} is answered with status {response.status}",
                [exchange],
                [f"- status {' or '.join(map(str, statuses))}", f"+ status {response.status}"],
            )
    return Passed()


@check("HTTP-TRAILING-SLASH")
def a_trailing_slash_is_another_path(_: Context) -> Steps[Passed]:
    """`/images/json/`."""
    return (yield from answered_with([Request(PATH + "/")], UNKNOWN, "an unknown path"))


@check("HTTP-OTHER-PATHS")
def similar_paths_are_unknown(_: Context) -> Steps[Passed]:
    """Paths in another case, with something behind them, and without the `v` of a version."""
    return (yield from answered_with(OTHER_PATHS, UNKNOWN, "an unknown path"))


@check("HTTP-ENCODED-PATH")
def encoded_letters_are_letters(_: Context) -> Steps[Passed]:
    """`/%69mages/json` and `/images/%6Ason` beside the plain listing."""
    usual = yield from steps.default_listing()
    for path in ENCODED:
        found = yield from steps.fetch_listing(Request(path))
        steps.require_same_images(usual, found, f"{path} lists other images than {PATH}")
    return Passed()


@check("HTTP-ABSOLUTE-FORM")
def the_target_may_be_a_url(_: Context) -> Steps[Passed]:
    """Plain and full listing, requested in absolute form as through a proxy, and as usual."""
    for asked in (PLAIN, ALL):
        usual = yield from steps.require_listing(asked)
        found = yield from steps.fetch_listing(replace(asked, absolute=True))
        message = "a target with scheme and host in front lists other images"
        steps.require_same_images(usual, found, message)
    return Passed()


@check("HTTP-POST")
def post_is_not_a_listing(_: Context) -> Steps[Passed]:
    """`POST /images/json`, and the plain listing behind it on the same connection."""
    usual = yield from steps.default_listing()
    post = Request(PATH, method="POST")
    exchange: Exchange = yield post
    if exchange.response is None or exchange.response.status in DENIED:
        planted_steps.expect_success(exchange)
    yield from answered_with([post], UNKNOWN, "POST /images/json, which is not an operation,")
    ((_exchange, behind),) = yield Parallel(((post, PLAIN),))
    message = "POST /images/json changes the next answer on its connection"
    steps.require_same_images(usual, steps.as_listing(behind), message)
    return Passed()


@check("HTTP-HEADERS")
def headers_change_nothing(_: Context) -> Steps[Passed]:
    """One header at a time beside the plain listing."""
    usual = yield from steps.default_listing()
    for header in HEADERS:
        found = yield from steps.fetch_listing(Request(PATH, headers=(header,)))
        steps.require_same_images(usual, found, f"the header {header[0]} changes the listing")
    return Passed()


@check("HTTP-QUERY-MALFORMED")
def bad_escapes_are_an_error(_: Context) -> Steps[Passed]:
    """`%` in the query without two hexadecimal digits behind it."""
    return (yield from refused([Request(f"{PATH}?{query}") for query in BAD_ESCAPES]))
