"""Departures in the interpretation of requests."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from musterd.departures.exchange import Answer, Ask, Query

_PARAMETERS = ("all", "digests", "filter", "filters", "shared-size")
# The values accepted by Go's ParseBool, in lower case.
BOOLEANS = frozenset({"0", "1", "t", "f", "true", "false"})
_ERROR = 400
_OLDER = re.compile(rb"Minimum supported API version is ([0-9.]*[0-9])")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NEWER = re.compile(rb"is too new|is newer than server")


def failed(query: Query, status: int, message: str, like: Answer) -> Answer:
    """Return an error in the form of the version."""
    headers = dict(like.headers)
    if query.minor is None or query.minor >= 24:  # noqa: PLR2004  # the version of JSON errors
        headers[b"content-type"] = b"application/json"
        return Answer(status, headers, json.dumps({"message": message}).encode() + b"\n")
    headers[b"content-type"] = b"text/plain; charset=utf-8"
    return Answer(status, headers, f"{message}\n".encode())


async def empty_with_digests(query: Query, ask: Ask) -> Answer:
    """Answer `digests=1` with an empty body."""
    answer = await ask(query)
    if not query.lists or not query.asks("digests") or answer.images is None:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != b"content-type"}
    return Answer(answer.status, headers, b"")


async def last_value(query: Query, ask: Ask) -> Answer:
    """Take the last value of a parameter that is given twice."""
    last = dict(query.pairs)
    if not query.lists or len(last) == len(query.pairs):
        return await ask(query)
    return await ask(query.of_pairs(list(last.items())))


def any_case(query: Query) -> Query:
    """Take parameters in any case."""
    pairs = query.pairs
    known = [(name.lower() if name.lower() in _PARAMETERS else name, text) for name, text in pairs]
    return query if known == pairs else query.of_pairs(known)


async def strict_all(query: Query, ask: Ask) -> Answer:
    """Refuse `all` unless it is a boolean of Go's."""
    answer = await ask(query)
    value = query.get("all") if query.lists else None
    if not value or value.lower() in BOOLEANS:
        return answer
    return failed(query, _ERROR, 'schema: error converting value for "all"', answer)


def spelled(query: Query) -> Query:
    """Take `dangling` in every spelling of Go's ParseBool."""
    values = query.filters.get("dangling")
    meant = {"t": "true", "true": "true", "1": "true", "f": "false", "false": "false", "0": "false"}
    if not values or any(value.lower() not in meant for value in values):
        return query
    return query.filtered(dangling=[meant[value.lower()] for value in values])


async def no_empty_filters(query: Query, ask: Ask) -> Answer:
    """Take an empty value of `filters` for malformed JSON."""
    answer = await ask(query)
    if query.lists and query.get("filters") == "":
        return failed(query, 500, "unexpected end of JSON input", answer)
    return answer


async def errors_are_500(query: Query, ask: Ask) -> Answer:
    """Answer malformed and unknown filters with status 500."""
    answer = await ask(query)
    if query.lists and answer.status == _ERROR and query.get("filters") is not None:
        return replace(answer, status=500)
    return answer


def map_counts_true(query: Query) -> Query:
    """Leave out values that are false in the map form of `label`."""
    filters = query.decoded_filters
    labels = filters.get("label") if isinstance(filters, dict) else None
    if not isinstance(labels, dict) or all(labels.values()):
        return query
    kept = [label for label, counts in labels.items() if counts]
    return query.filtered(label=kept or None)


async def unknown_filters_pass(query: Query, ask: Ask) -> Answer:
    """Ignore filters that do not exist."""
    known = {"label", "label!", "dangling", "before", "since", "reference", "until"}
    unknown = [key for key in query.filters if key not in known] if query.lists else []
    return await ask(query.filtered(**dict.fromkeys(unknown)) if unknown else query)


async def malformed_filters_pass(query: Query, ask: Ask) -> Answer:
    """Ignore `filters` that are not JSON."""
    answer = await ask(query)
    if query.lists and answer.status == _ERROR and not query.filters and query.get("filters"):
        retried = await ask(query.having("filters", None))
        return retried if retried.images is not None else answer
    return answer


async def newer_version(query: Query, ask: Ask) -> Answer:
    """Serve every newer version like the newest."""
    answer = await ask(query)
    refused = query.version and answer.status == _ERROR and _NEWER.search(answer.body)
    return await ask(replace(query, version="")) if refused else answer


async def older_version(query: Query, ask: Ask) -> Answer:
    """Serve every older version like the oldest."""
    answer = await ask(query)
    refused = query.version and answer.status == _ERROR and _OLDER.search(answer.body)
    return await ask(replace(query, version=f"/v{refused[1].decode()}")) if refused else answer


async def bad_escapes_pass(query: Query, ask: Ask) -> Answer:
    """Leave out parameters that cannot be decoded."""
    answer = await ask(query)
    if not query.lists or answer.status != _ERROR or not BAD_ESCAPE.search(query.text):
        return answer
    kept = [pair for pair in query.text.split("&") if not BAD_ESCAPE.search(pair)]
    return await ask(replace(query, text="&".join(kept)))


async def slash_is_served(query: Query, ask: Ask) -> Answer:
    """Serve the endpoint with a slash at its end."""
    return await ask(
        replace(query, path="/images/json") if query.path == "/images/json/" else query
    )


async def encoded_is_unknown(query: Query, ask: Ask) -> Answer:
    """Compare paths as they are encoded."""
    answer = await ask(query)
    if query.lists and b"%" in query.raw_path:
        return failed(query, 404, "page not found", answer)
    return answer


async def unversioned_is_unknown(query: Query, ask: Ask) -> Answer:
    """Serve no endpoint without a version in the path."""
    answer = await ask(query)
    if query.lists and not query.version:
        return failed(query, 404, "page not found", answer)
    return answer


async def no_message(query: Query, ask: Ask) -> Answer:
    """Answer client's mistakes with an empty message."""
    answer = await ask(query)
    if not query.lists or answer.status != _ERROR or query.get("filters") is None:
        return answer
    return replace(answer, body=b'{"message":""}\n' if answer.body[:1] == b"{" else b"\n")


async def errors_are_text(query: Query, ask: Ask) -> Answer:
    """Answer errors in plain text at every version."""
    answer = await ask(query)
    if not query.lists or answer.status != _ERROR or answer.body[:1] != b"{":
        return answer
    text = json.loads(answer.body)["message"]
    headers = {**answer.headers, b"content-type": b"text/plain; charset=utf-8"}
    return Answer(answer.status, headers, f"{text}\n".encode())


async def text_media_type(query: Query, ask: Ask) -> Answer:
    """Give listings the media type of plain text."""
    answer = await ask(query)
    if not query.lists or answer.images is None:
        return answer
    return replace(answer, headers={**answer.headers, b"content-type": b"text/plain"})


def true_is_no(query: Query) -> Query:
    """Take the spelling `True` of `all` for no."""
    return query.having("all", "0") if query.get("all") == "True" else query


def without_parameter(name: str) -> Callable[[Query], Query]:
    """Return a change that leaves a parameter out."""

    def change(query: Query) -> Query:
        return query if query.get(name) is None else query.having(name, None)

    change.__doc__ = f"Ignore the parameter `{name}`."
    return change


def filter_is_reference(query: Query) -> Query:
    """Choose images by `filter` at every version."""
    name = query.get("filter")
    if not name:
        return query
    references = [*query.filters.get("reference", ()), name]
    return query.filtered(reference=references).having("filter", None)
