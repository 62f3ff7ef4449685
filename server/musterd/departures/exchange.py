"""Requests for a listing and their responses, as departures see and change them."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from musterd.listing.filter_forms import is_list_or_map_form

Image = dict[str, Any]
_VERSIONED = re.compile(r"(/v[0-9.]+)?(/.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Query:
    """A request.

    Attributes:
        version: The version segment of the path, ``/v1.44``, or empty.
        path: The rest of the path, decoded.
        raw_path: The whole path as it was sent.
        text: The query string as it was sent.
    """

    version: str
    path: str
    raw_path: bytes
    text: str

    @classmethod
    def of(cls, path: str, raw_path: bytes, query_string: bytes) -> "Query":
        """Return a request from its path and its query string."""
        found = _VERSIONED.fullmatch(path)
        version, rest = found.groups(default="") if found else ("", path)
        return cls(version, rest, raw_path, query_string.decode("latin-1"))

    @property
    def lists(self) -> bool:
        """Whether this is a request for a listing."""
        return self.path == "/images/json"

    @property
    def is_endless(self) -> bool:
        """Whether the response may go on until the client leaves."""
        return self.path == "/events"

    @property
    def minor(self) -> int | None:
        """The second number of the API version; None without a version."""
        numbers = re.fullmatch(r"/v1\.([0-9]{1,4})", self.version)
        return int(numbers[1]) if numbers else None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters, decoded, in order."""
        return parse_qsl(self.text, keep_blank_values=True)

    def get(self, name: str) -> str | None:
        """Return the first value of a parameter; None if it is absent."""
        return next((value for key, value in self.pairs if key == name), None)

    def asks(self, name: str) -> bool:
        """Tell whether a parameter is set to yes."""
        value = self.get(name)
        return value is not None and value.strip().lower() not in {"", "0", "no", "false", "none"}

    def having(self, name: str, value: str | None) -> "Query":
        """Return this request with one value of a parameter, or with none."""
        kept = [pair for pair in self.pairs if pair[0] != name]
        return self.of_pairs(kept if value is None else [*kept, (name, value)])

    def of_pairs(self, pairs: Sequence[tuple[str, str]]) -> "Query":
        """Return this request with other parameters."""
        return replace(self, text=urlencode(pairs))

    @property
    def filters(self) -> dict[str, list[str]]:
        """The values of each filter, in either form; none if `filters` is malformed."""
        found = self.decoded_filters
        if not is_list_or_map_form(found):
            return {}
        return {key: list(values) for key, values in found.items()}

    @property
    def decoded_filters(self) -> object:
        """The JSON value of `filters`, or None if it is malformed."""
        try:
            return json.loads(self.get("filters") or "{}")
        except (ValueError, RecursionError):
            return None

    def filtered(self, **changed: Sequence[str] | None) -> "Query":
        """Return this request with other values of some filters, or without them."""
        filters = {**self.filters, **changed}
        kept = {key: values for key, values in filters.items() if values is not None}
        return self.having("filters", json.dumps(kept) if kept else None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def images(self) -> list[Image] | None:
        """The listing; None if the body is not a listing."""
        if self.status != 200 or self.headers.get(b"content-type") != b"application/json":  # noqa: PLR2004
            return None
        found = json.loads(self.body)
        return found if isinstance(found, list) else None

    @property
    def details(self) -> dict[str, Any]:
        """The JSON object of a response that has one."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def showing(self, images: object) -> "Answer":
        """Return this response with another listing."""
        text = json.dumps(images, ensure_ascii=False, separators=(",", ":")) + "\n"
        return replace(self, body=text.encode("utf-8", "surrogatepass"))


Ask = Callable[[Query], Awaitable[Answer]]
Apply = Callable[[Query, Ask], Awaitable[Answer]]
Resolve = Callable[[Query, Ask], Awaitable[Query]]


@dataclass(frozen=True, slots=True)
class Departure:
    """A difference of an engine from Docker.

    Attributes:
        name: The requirement that it breaks.
        summary: What it does, in one sentence.
        source: Where that was seen in public.
        apply: Answers a GET; it may ask the server for other answers.
        resolve: Changes a request that writes; it may ask the server too. None to leave it alone.
    """

    name: str
    summary: str
    source: str
    apply: Apply
    resolve: Resolve | None = None


def rewriting(change: Callable[[Query], Query]) -> Apply:
    """Return a departure that changes the query."""

    async def apply(query: Query, ask: Ask) -> Answer:
        return await ask(change(query) if query.lists else query)

    apply.__doc__ = change.__doc__
    return apply


def showing(change: Callable[[list[Image], Query], object]) -> Apply:
    """Return a departure that shows a listing otherwise."""

    async def apply(query: Query, ask: Ask) -> Answer:
        answer = await ask(query)
        images = answer.images if query.lists else None
        return answer if images is None else answer.showing(change(images, query))

    apply.__doc__ = change.__doc__
    return apply


def member(change: Callable[[Image, Query], None]) -> Apply:
    """Return a departure that shows each image otherwise."""

    def of_all(images: list[Image], query: Query) -> list[Image]:
        for image in images:
            change(image, query)
        return images

    of_all.__doc__ = change.__doc__
    return showing(of_all)
