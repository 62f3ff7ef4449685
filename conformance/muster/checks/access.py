"""Rules on access control, for a server whose clients sign their requests.

Each check requests the listing with one error in the signature, and verifies that the server
reveals nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model.exchange import Exchange, Request, Response
from muster.model.forgery import Forgery
from muster.model.query import ALL, PATH, PLAIN
from muster.register.verdict import Departure, Inconclusive, Passed
from muster.transport.signing import ALGORITHM

UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
NOBODYS = "a key that nobody has"
DAY = 24 * 60 * 60
FULL_LISTING = f"{PATH}?all=1"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that a server must refuse.

    Attributes:
        words: The error in it, in words.
        request: The request.
        status: The status that the contract requires in response.
    """

    words: str
    request: Request
    status: int = UNAUTHORIZED

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.target}, {self.words},"


def _attempt(
    words: str,
    target: str = PATH,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    status: int = UNAUTHORIZED,
    **forged: Any,
) -> Attempt:
    request = Request(target, method, headers=headers, forgery=Forgery(**forged))
    return Attempt(words, request, status)


def _overriding(method: str) -> tuple[tuple[str, str], ...]:
    return (("X-HTTP-Method-Override", method), ("X-Method-Override", method))


UNSIGNED = (
    _attempt("not signed", unsigned=True),
    _attempt("not signed", FULL_LISTING, unsigned=True),
)
METHODS = (
    _attempt("not signed", method="HEAD", unsigned=True),
    _attempt("signed as if it were GET", method="HEAD", signed_method="GET"),
    _attempt("signed as if it were HEAD", signed_method="HEAD"),
    _attempt("not signed, and called OPTIONS", headers=_overriding("OPTIONS"), unsigned=True),
    _attempt("not signed, and called HEAD", headers=_overriding("HEAD"), unsigned=True),
)
FORMS = (
    _attempt("with Host not signed", covered=("x-hyper-content-sha256", "x-hyper-date")),
    _attempt("with X-Hyper-Date not signed", covered=("host", "x-hyper-content-sha256")),
    _attempt("with X-Hyper-Content-Sha256 not signed", covered=("host", "x-hyper-date")),
    _attempt("signed for another service", service="muster"),
)
KEYS = (
    _attempt("signed with an unknown key", access_key="MUSTERKNOWSNOBODY"),
    _attempt("signed with an unknown key", access_key="MUSTERKNOWSNOBODY", secret_key=NOBODYS),
)
ALTERED = (
    _attempt("signed with another secret key", secret_key=NOBODYS),
    _attempt("signed for another path", signed_target="/version"),
    _attempt("signed without the query", FULL_LISTING, signed_target=PATH),
    _attempt("signed with another query", signed_target=FULL_LISTING),
    _attempt("with another Content-Type than was signed", content_type="text/plain"),
    _attempt(
        "with another hash than was signed", content_hash=hashlib.sha256(b"muster").hexdigest()
    ),
)
TIMES = (
    _attempt("signed a day ago", seconds=-DAY, status=FORBIDDEN),
    _attempt("signed a day ahead", seconds=DAY, status=FORBIDDEN),
)
REGIONS = (_attempt("signed for another region", region="muster-1", status=FORBIDDEN),)
BODIES = (_attempt("signed for another body", body=b"muster", status=FORBIDDEN),)

EACH_KIND = tuple(
    kind[0] for kind in (UNSIGNED, METHODS, FORMS, KEYS, ALTERED, TIMES, REGIONS, BODIES)
)


@check("ACCESS-UNSIGNED")
def unsigned_requests_get_no_listing(_: Context) -> Steps[Passed]:
    """Listings, requested without a signature."""
    return (yield from _refused(UNSIGNED))


@check("ACCESS-METHOD")
def the_method_is_signed(_: Context) -> Steps[Passed]:
    """HEAD, signatures of another method, and headers that name another."""
    return (yield from _refused(METHODS))


@check("ACCESS-FORM")
def signatures_cover_the_required_parts(_: Context) -> Steps[Passed]:
    """Signatures that leave out Host, the time or the body, or are for another service."""
    return (yield from _refused(FORMS))


@check("ACCESS-KEY")
def unknown_keys_open_nothing(_: Context) -> Steps[Passed]:
    """A nonexistent access key."""
    return (yield from _refused(KEYS))


@check("ACCESS-ALTERED")
def a_signature_is_valid_only_for_its_request(_: Context) -> Steps[Passed]:
    """Another path, query, header, hash or secret key than in the signature."""
    return (yield from _refused(ALTERED))


@check("ACCESS-TIME")
def signatures_expire(_: Context) -> Steps[Passed]:
    """Signatures of yesterday and of tomorrow."""
    return (yield from _refused(TIMES))


@check("ACCESS-REGION")
def signatures_are_for_one_region(_: Context) -> Steps[Passed]:
    """A signature for a region that there is not."""
    return (yield from _refused(REGIONS))


@check("ACCESS-BODY")
def the_body_matches_the_signed_hash(_: Context) -> Steps[Passed]:
    """A signature for a body that is not sent."""
    return (yield from _refused(BODIES))


@check("ACCESS-STATUS")
def refusals_have_their_status(_: Context) -> Steps[Passed]:
    """One request of each kind that is to be refused."""
    for attempt, exchange, response in (yield from _asked(EACH_KIND)):
        if response.status not in (attempt.status, TOO_MANY):
            raise Departure(
                f"{attempt} is answered with status {response.status}",
                [exchange],
                [f"- status {attempt.status}", f"+ status {response.status}"],
            )
    return Passed()


@check("ACCESS-CHALLENGE")
def the_scheme_is_named(_: Context) -> Steps[Passed]:
    """WWW-Authenticate in answers with status 401."""
    found = 0
    for _each, exchange, response in (yield from _asked((*UNSIGNED, *KEYS))):
        if response.status != UNAUTHORIZED:
            continue
        found += 1
        told = response.headers.get("www-authenticate", "")
        if ALGORITHM.lower() not in told.lower():
            raise Departure(
                "status 401 does not say how to sign",
                [exchange],
                [f"- WWW-Authenticate: {ALGORITHM}", f"+ {told or 'no WWW-Authenticate'}"],
            )
    if not found:
        raise Inconclusive("no request is answered with status 401 (see ACCESS-STATUS)")
    return Passed()


Asked = list[tuple[Attempt, Exchange, Response]]


def _asked(attempts: Sequence[Attempt]) -> Steps[Asked]:
    """Return the exchanges of *attempts*, if the server responds to a correct signature.

    Raises:
        Inconclusive: If it does not, or reports too many earlier attempts.
    """
    yield from steps.require_listing(PLAIN)
    asked: Asked = []
    for attempt in attempts:
        exchange, response = yield from steps.fetch(attempt.request)
        asked.append((attempt, exchange, response))
    if all(response.status == TOO_MANY for _, _, response in asked):
        raise Inconclusive("the server only reports too many refused requests: wait a while")
    return asked


def _refused(attempts: Sequence[Attempt]) -> Steps[Passed]:
    """Send requests that the server must refuse.

    Raises:
        Departure: At the first that it does not refuse, or whose response shows an image.
    """
    everything = yield from steps.require_listing(ALL)
    bare = [image.id.rpartition(":")[2] for image in everything.images]
    for attempt, exchange, response in (yield from _asked(attempts)):
        shown = any(digits in response.text for digits in bare if digits)
        if shown or not 400 <= response.status < 500:  # noqa: PLR2004 - RFC 9110, 15.5
            shows = " and shows images" if shown else ""
            raise Departure(
                f"{attempt} is answered with status {response.status}{shows}",
                [exchange],
                [f"- status {attempt.status}", f"+ status {response.status}"],
            )
    return Passed()
