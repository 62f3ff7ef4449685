"""Rules on the endpoint's address: versions, paths and headers."""

from __future__ import annotations

from collections.abc import Iterable

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.listing.errors import refused
from muster.model.exchange import Request
from muster.model.query import PATH
from muster.register.verdict import Departure, Passed

FOUND, BAD_REQUEST, NOT_FOUND, NOT_ALLOWED = 200, 400, 404, 405
UNKNOWN = (NOT_FOUND, NOT_ALLOWED)

OLDER = ("/v1.12", "/v1.23", "/v1.24", "/v1.40")
"""Versions that a server offers, or no longer offers."""

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
    ("Accept-Language", "tlh"),
)

BAD_ESCAPES = ("x=%zz", "all=1%2", "filters=%zz")


def _answered_with(
    requests: Iterable[Request], statuses: tuple[int, ...], what: str
) -> Steps[Passed]:
    for asked in requests:
        exchange, response = yield from steps.fetch(asked)
        if response.status not in statuses:
            raise Departure(
                f"{what} is answered with status {response.status}",
                [exchange],
                [f"- status {' or '.join(map(str, statuses))}", f"+ status {response.status}"],
            )
    return Passed()


@check("HTTP-VERSION-TOO-NEW")
def newer_versions_are_refused(context: Context) -> Steps[Passed]:
    """API versions that do not exist, also such as compare lower when they are taken for texts."""
    texts = ("9.99", "1.999", f"1.{context.version.minor * 10}", "1.123", "2.0", "2.23", "10.1")
    newer = [Request(PATH, version=f"/v{text}") for text in texts]
    return (yield from _answered_with(newer, (BAD_REQUEST,), "a version that does not exist"))


@check("HTTP-VERSION-TOO-OLD")
def older_versions_are_served_or_refused(_: Context) -> Steps[Passed]:
    """API version 0.1, and versions that clients of the years ask for."""
    first = [Request(PATH, version="/v0.1")]
    yield from _answered_with(first, (BAD_REQUEST,), "a version that nobody serves")
    older = [Request(PATH, version=version) for version in OLDER]
    return (yield from _answered_with(older, (FOUND, BAD_REQUEST), "an older version"))


@check("HTTP-VERSION-FORMS")
def versions_are_numbers(context: Context) -> Steps[Passed]:
    """The version with `.0` behind it, and with a zero in front of its second number."""
    usual = yield from steps.default_listing()
    version = context.version
    for form in (f"/v{version}.0", f"/v{version.major}.0{version.minor}"):
        found = yield from steps.fetch_listing(Request(PATH, version=form))
        steps.require_same_images(usual, found, f"{form} lists other images than /v{version}")
    return Passed()


@check("HTTP-UNVERSIONED")
def the_version_may_be_left_out(_: Context) -> Steps[Passed]:
    """The path of the seed's example requests."""
    yield from steps.fetch_listing(Request(PATH, version=""))
    return Passed()


@check("HTTP-TRAILING-SLASH")
def a_trailing_slash_is_another_path(_: Context) -> Steps[Passed]:
    """`/images/json/`."""
    return (yield from _answered_with([Request(PATH + "/")], UNKNOWN, "an unknown path"))


@check("HTTP-OTHER-PATHS")
def similar_paths_are_unknown(_: Context) -> Steps[Passed]:
    """Paths in another case, with something behind them, and without the `v` of a version."""
    return (yield from _answered_with(OTHER_PATHS, UNKNOWN, "an unknown path"))


@check("HTTP-ENCODED-PATH")
def encoded_letters_are_letters(_: Context) -> Steps[Passed]:
    """`/%69mages/json` and `/images/%6Ason` beside the plain listing."""
    usual = yield from steps.default_listing()
    for path in ENCODED:
        found = yield from steps.fetch_listing(Request(path))
        steps.require_same_images(usual, found, f"{path} lists other images than {PATH}")
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
