"""Requests that are almost as they should be: filters, signatures and paths."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.choice import mostly
from tests.server.support.signing import RECORDED_AT, Key


class Request(NamedTuple):
    """A request."""

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""


_VERSIONS = st.sampled_from(
    ["", "/v1.23", "/v1.24", "/v1.42", "/v1.52", "/v1", "/v01.24", "/v9.99"]
)
_WORDS = st.sampled_from(
    [
        "true",
        "0",
        "10m",
        "2016-01-01",
        "a=b",
        "a",
        "*",
        "[a-z]*",
        "?*?*",
        "[^",
        "\\",
        "a:1",
        "b/*:*",
    ]
) | st.text(max_size=30)
_LONG = st.sampled_from(
    ["9", "*", "?", "[a-z]", "a*", "[", "\\", "a/", "é", "%", "(", "-"]
).flatmap(lambda word: st.sampled_from([10, 300, 3000]).map(lambda times: word * times))
_VALUES = _WORDS | _LONG
_KEYS = st.sampled_from(["dangling", "label", "before", "since", "reference", "until", "name"])
_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        "dangling": st.sampled_from([["true"], ["0"], {"false": True}]),
        "label": st.lists(_VALUES, max_size=3),
        "reference": st.lists(
            st.sampled_from(["*", "[a-z]*", "?*?*", "b/*:*", "a:1", "*" * 300, "[a-z]" * 300]),
            max_size=3,
        ),
        "until": st.sampled_from([["10m"], ["2016-01-01"], ["1"], ["1h2m3s"]]),
    },
)
_FILTERS = mostly(
    _RIGHT,
    st.dictionaries(
        _KEYS,
        st.lists(_VALUES, max_size=5)
        | st.dictionaries(_VALUES, st.booleans() | st.integers(), max_size=5)
        | _VALUES,
        max_size=4,
    ),
    3,
).map(json.dumps)
_PARAMETERS = st.sampled_from(["all", "digests", "filter", "shared-size", "filters", "quiet", "x"])
_METHODS = st.sampled_from(["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS", "get", ""])
_SEGMENTS = mostly(
    st.sampled_from(["images", "json", "load", "_ping", "version", "info", "a", "history", "tag"]),
    st.sampled_from(["v1.24", "..", ".", "", "%2e%2e", "%2F"])
    | st.text("abc%20:@/.?#[]\\é\x00", max_size=12),
)


@st.composite
def _filters(draw: st.DrawFn) -> Request:
    text = draw(mostly(_FILTERS, st.text(max_size=50) | _LONG))
    if draw(st.integers(1, 12)) == 1:
        text = text[: draw(st.integers(0, len(text)))]
    pairs = [("filters", text), *draw(st.lists(st.tuples(_PARAMETERS, _VALUES), max_size=3))]
    query = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in pairs)
    return Request(f"{draw(_VERSIONS)}/images/json?{query}")


_SOME_SEGMENTS = mostly(
    st.sampled_from([["images", "json"], ["images", "a", "json"], ["_ping"], ["info"]]),
    st.lists(_SEGMENTS, max_size=6),
    2,
)


@st.composite
def _paths(draw: st.DrawFn) -> Request:
    path = draw(_VERSIONS) + "".join(
        f"/{quote(segment, safe='%:@.?#[]') if draw(st.booleans()) else segment}"
        for segment in draw(_SOME_SEGMENTS)
    )
    target = path.encode("utf-8", "replace").decode("latin-1")
    return Request(target or "/", draw(_METHODS), body=draw(st.binary(max_size=30)))


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()


@st.composite
def _signatures(draw: st.DrawFn) -> Request:
    """Draw a signed request, and change one thing of it."""
    target = draw(st.sampled_from(["/images/json", "/v1.24/images/json?all=1", "/info", "/x?a=b"]))
    headers = Key().sign(target, at=RECORDED_AT + draw(st.sampled_from([0, 0, 0, -10_000, 10_000])))
    name = draw(
        st.sampled_from(["authorization", "x-hyper-date", "host", "x-hyper-content-sha256"])
    )
    value = headers[name]
    at = draw(st.integers(0, len(value)))
    changed = draw(
        st.sampled_from([value[:at], value[at:], value[:at] + value, value + value, value.upper()])
        | st.text("abc;,=/ 0", max_size=20).map(lambda text: value[:at] + text + value[at:])
        | st.sampled_from([1, 100, 5000]).map(lambda times: value.replace("host", "host;" * times))
    )
    more: Sequence[str] = draw(
        st.lists(st.text("xyhper-0", min_size=1).filter(_is_name), max_size=3)
    )
    kept = {**headers, name: changed, **{f"x-hyper-{each}": "1" for each in more}}
    return Request(target, draw(_METHODS), kept, draw(st.binary(max_size=10)))


#: Queries of listings.
filters = _filters()
#: Targets, with or without meaning.
paths = _paths()
#: Signed requests, good or forged.
signatures = _signatures()
