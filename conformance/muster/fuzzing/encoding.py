"""The many ways to write the same query on the wire.

URLs, forms and JSON allow all of them, and some client sends each: docker-py puts spaces after
colons and commas, Go's clients write `+` for a space, and JSON encoders escape non-ASCII
characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

from muster.model.exchange import Request
from muster.model.query import PATH

LEGAL = "!$'()*,-./:?@_~="
"""Characters that RFC 3986 allows unencoded in a query, except the separators."""

OCTET = re.compile("%[0-9A-F]{2}")

Form = Literal["list", "map"]
Spacing = Literal["none", "usual", "wide"]
Escapes = Literal["none", "needed", "every"]
Percent = Literal["usual", "lower", "legal", "every"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a query is written; the default of each field is what most clients send.

    Attributes:
        form: Of `filters`: `list` (`{"label":["a"]}`) or `map` (`{"label":{"a":true}}`).
        spacing: White space in JSON: `none`, `usual` (after colons and commas) or `wide`.
        escapes: In JSON strings: `none`, `needed` (non-ASCII characters) or `every` character.
        backwards: Whether the keys of `filters` come in reverse order.
        percent: What is percent-encoded: the `usual` characters; the same in `lower` case; only
            characters that are not `legal`; or `every` byte, names of parameters included.
        plus: Whether a space is written `+`.
    """

    form: Form = "list"
    spacing: Spacing = "none"
    escapes: Escapes = "none"
    backwards: bool = False
    percent: Percent = "usual"
    plus: bool = False

    def filters(self, filters: Mapping[str, Sequence[str]]) -> str:
        """Return *filters* as JSON."""
        items = list(filters.items())
        if self.backwards:
            items.reverse()
        colon, comma, inner = {
            "none": (":", ",", ""),
            "usual": (": ", ", ", ""),
            "wide": (" :\n ", " ,\t", " "),
        }[self.spacing]
        members = [
            f"{self._string(key)}{colon}{self._values(values, colon, comma, inner)}"
            for key, values in items
        ]
        return "{" + inner + comma.join(members) + inner + "}"

    def request(self, parameters: Sequence[tuple[str, str]]) -> Request:
        """Return the request with *parameters*, each a name and a value."""
        written = [f"{self._encoded(name)}={self._encoded(value)}" for name, value in parameters]
        return Request(PATH + ("?" + "&".join(written) if written else ""))

    def _values(self, values: Sequence[str], colon: str, comma: str, inner: str) -> str:
        if self.form == "list":
            return "[" + inner + comma.join(map(self._string, values)) + inner + "]"
        members = (f"{self._string(value)}{colon}true" for value in dict.fromkeys(values))
        return "{" + inner + comma.join(members) + inner + "}"

    def _string(self, text: str) -> str:
        if self.escapes != "every":
            return json.dumps(text, ensure_ascii=self.escapes == "needed")
        units = text.encode("utf-16-be")
        escaped = (f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
        return '"' + "".join(escaped) + '"'

    def _encoded(self, text: str) -> str:
        if self.percent == "every":
            return "".join(f"%{byte:02X}" for byte in text.encode())
        safe = LEGAL if self.percent == "legal" else "-"
        encoded = quote_plus(text, safe=safe) if self.plus else quote(text, safe=safe)
        return OCTET.sub(_lower, encoded) if self.percent == "lower" else encoded


def _lower(octet: re.Match[str]) -> str:
    return octet[0].lower()
