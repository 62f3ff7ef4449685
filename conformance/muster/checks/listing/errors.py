"""Rules on invalid requests: the response must be an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.model.exchange import Exchange, Request, Response
from muster.model.image import shorten
from muster.model.query import request
from muster.register.verdict import Departure, Inconclusive, Passed

MALFORMED = (
    "{",
    "garbage",
    "[]",
    '"dangling"',
    "1",
    "true",
    '{"dangling":true}',
    '{"dangling":[true]}',
    '{"label":"muster"}',
    '{"label":["muster"],"dangling":{"true":true}}',
    '{"label":[1]}',
    '{"label":NaN}',
    '{"label":["a\tb"]}',
    '{"dangling":{"true":1}}',
    '{"dangling":{"true":"true"}}',
    '{"dangling":["true"]}x',
    "{'dangling':['true']}",
    '[{"dangling":["true"]}]',
    "dangling=true",
    "}",
    " ",
)
"""Values of `filters` that are not JSON, or not of either wire form."""

UNKNOWN = (
    '{"muster":["x"]}',
    '{"muster":{"x":true}}',
    '{"muster":[]}',
    '{"dangling":["true"],"muster":["x"]}',
    '{"Dangling":["true"]}',
    '{"LABEL":["x"]}',
    '{"labels":["x"]}',
    '{" label":["x"]}',
    '{"label ":["x"]}',
    '{"":["x"]}',
)
"""Filters that no engine has; keys are case-sensitive."""

NO_BOOLEAN = ("muster", "ture", "", "2")
"""Values of `dangling` that no reading of a boolean accepts."""

LOOSE_BOOLEAN = ("True", "FALSE", "t", " true", "yes")
"""Values of `dangling` that a lax reading of a boolean accepts."""


def _filters(value: str) -> Request:
    return request(("filters", value))


def _dangling(value: str) -> Request:
    return _filters(f'{{"dangling":["{value}"]}}')


def refused(requests: Sequence[Request]) -> Steps[Passed]:
    """Send *requests*, to which a correct server responds with an error.

    Raises:
        Departure: At the first with any other response.
    """
    for asked in requests:
        exchange, response = yield from steps.fetch(asked)
        if not response.is_error:
            raise Departure(
                f"a mistake is answered with status {response.status} instead of an error",
                [exchange],
                ["- status 400", f"+ status {response.status}: {shorten(response.text, 60)}"],
            )
    return Passed()


@check("LIST-FILTERS-MALFORMED")
def malformed_filters_are_an_error(_: Context) -> Steps[Passed]:
    """`filters` that are not JSON or not of either form."""
    return (yield from refused([_filters(value) for value in MALFORMED]))


@check("LIST-FILTERS-UNKNOWN")
def unknown_filters_are_an_error(_: Context) -> Steps[Passed]:
    """Filters that do not exist."""
    return (yield from refused([_filters(value) for value in UNKNOWN]))


@check("LIST-DANGLING-VALUE")
def dangling_needs_a_boolean(_: Context) -> Steps[Passed]:
    """Values of `dangling` that are not booleans."""
    return (yield from refused([_dangling(value) for value in NO_BOOLEAN]))


@check("LIST-DANGLING-EXACT")
def dangling_is_spelled_exactly(_: Context) -> Steps[Passed]:
    """Values of `dangling` that are nearly `true` or `false`."""
    return (yield from refused([_dangling(value) for value in LOOSE_BOOLEAN]))


TRAILING = ('{"dangling":{"true":true}}}', '{"label":{"muster":true}}x', '{"label":{}}{}')
"""Objects in the map form followed by other text."""


@check("LIST-FILTERS-TRAILING")
def text_after_filters_is_refused(_: Context) -> Steps[Passed]:
    """`filters` in the map form with something behind it."""
    return (yield from refused([_filters(value) for value in TRAILING]))


MISTAKES = [
    *(_filters(value) for value in (*MALFORMED, *UNKNOWN)),
    *(_dangling(value) for value in NO_BOOLEAN),
]


def _errors() -> Steps[list[tuple[Exchange, Response]]]:
    """Return the error responses; another rule reports mistakes that get other responses."""
    found: list[tuple[Exchange, Response]] = []
    for asked in MISTAKES:
        exchange = yield asked
        if exchange.response is not None and exchange.response.is_error:
            found.append((exchange, exchange.response))
    if not found:
        raise Inconclusive("no mistake is answered with an error (see LIST-FILTERS-MALFORMED)")
    return found


@check("LIST-ERROR-STATUS")
def mistakes_are_the_clients(_: Context) -> Steps[Passed]:
    """The status of error answers."""
    for exchange, response in (yield from _errors()):
        if response.status != 400:  # noqa: PLR2004 - the status that the contract gives a mistake
            raise Departure(
                f"a client's mistake is answered with status {response.status}",
                [exchange],
                ["- status 400", f"+ status {response.status}"],
            )
    return Passed()


@check("LIST-ERROR-MESSAGE")
def errors_say_what_is_wrong(_: Context) -> Steps[Passed]:
    """The body of error answers: text, or JSON with a `message`."""
    for exchange, response in (yield from _errors()):
        if not _message(response).strip():
            raise Departure(
                "an error has no message",
                [exchange],
                ["- text, or JSON with a message", f"+ {response.media_type or 'no Content-Type'}"],
            )
    return Passed()


@check("LIST-ERROR-JSON")
def errors_are_json(_: Context) -> Steps[Passed]:
    """The media type of error answers."""
    for exchange, response in (yield from _errors()):
        if response.media_type != "application/json":
            raise Departure(
                "an error is not JSON",
                [exchange],
                ["- application/json", f"+ {response.media_type or 'no Content-Type'}"],
            )
    return Passed()


def _message(response: Response) -> str:
    if response.media_type != "application/json":
        return response.text if response.media_type == "text/plain" else ""
    try:
        body = response.json()
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""
