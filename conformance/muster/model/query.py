"""The query of a List Images request, as a value, and its encoding."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from muster.model.exchange import Request

PATH = "/images/json"


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a request.

    Attributes:
        all: Whether to include intermediate images; False leaves the parameter out.
        filters: Key to values, e.g. `{"label": ["a=b", "c"]}`; empty leaves the parameter out.
        filter: The name of the wanted images; None leaves the parameter out.
        digests: Whether to send `digests=1`.
    """

    all: bool = False
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    filter: str | None = None
    digests: bool = False

    def request(self, *, form: str = "list") -> Request:
        """Return the request with these parameters.

        Args:
            form: The form of `filters`: `list` (`{"label": ["a"]}`) or `map`
                (`{"label": {"a": true}}`).
        """
        parameters: list[tuple[str, str]] = []
        if self.all:
            parameters.append(("all", "1"))
        if self.digests:
            parameters.append(("digests", "1"))
        if self.filter is not None:
            parameters.append(("filter", self.filter))
        if self.filters:
            parameters.append(("filters", filters_json(self.filters, form=form)))
        return request(*parameters)


def filters_json(filters: Mapping[str, Sequence[str]], *, form: str = "list") -> str:
    """Return *filters* as compact JSON, in the `list` or the `map` form of the wire."""
    if form == "map":
        value: object = {key: dict.fromkeys(values, True) for key, values in filters.items()}
    else:
        value = {key: list(values) for key, values in filters.items()}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def request(*parameters: tuple[str, str]) -> Request:
    """Return a List Images request with *parameters*, in this order, percent-encoded."""
    written = "&".join(
        f"{quote(name, safe='-')}={quote(value, safe='')}" for name, value in parameters
    )
    return Request(PATH + ("?" + written if written else ""))


PLAIN = Query().request()
"""The listing without parameters."""

ALL = Query(all=True).request()
"""The full listing, which shows every image."""


def inspect_request(name: str) -> Request:
    """Return the request that inspects the image *name*: an Id or a reference."""
    return Request(f"/images/{quote(name, safe='/:@')}/json")
